// Package sessiontest holds the tests that every session.Store must pass,
// together with the stores of the same backend: disabling a user, changing a
// password and revoking a session meet in them.
package sessiontest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm      = usertest.Realm
	otherRealm = "other"

	now  engine.Instant = 1_700_000_000_000
	idle engine.Instant = 600_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users     user.Store
	Passwords password.Store
	Sessions  session.Store
	Keys      key.Store
}

// Run tests the stores. open gives empty ones, which live as long as t. The
// users 1 and 2 are made in them before a test begins.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"create and find", testCreate},
		{"unknown", testUnknown},
		{"a user who may not", testDisabled},
		{"last login", testLastLogin},
		{"R-38 a password that was changed after it was checked", testChecked},
		{"dead sessions are found", testDead},
		{"list", testList},
		{"touch", testTouch},
		{"R-36 a late touch revives nothing", testTouchDead},
		{"update", testUpdate},
		{"R-34 a new token ends the old one", testNewToken},
		{"update of none", testUpdateNone},
		{"delete", testDelete},
		{"R-42 delete of another's", testDeleteForeign},
		{"R-38 a family ends", testFamily},
		{"R-38 a new token keeps the family", testFamilyKept},
		{"R-38 nothing springs from a session that is over", testOriginOver},
		{"R-34 a session is replaced", testReplaces},
		{"limit refuses", testLimitRefuses},
		{"limit ends the oldest", testLimitEndsOldest},
		{"limit counts the live", testLimitCountsLive},
		{"R-58 groups of the user", testUserGroups},
		{"R-59 realms", testRealms},
		{"R-40 disable", testDisableUser},
		{"R-40 delete", testDeleteUser},
		{"R-40 an actor is disabled", testActor},
		{"R-41 set password", testSetPassword},
		{"results belong to the caller", testOwned},
		{"R-39 A-27 revoke against touches", testRevokeAgainstTouches},
		{"R-39 A-27 revoke against updates", testRevokeAgainstUpdates},
		{"R-38 A-27 a family against creates", testFamilyAgainstCreates},
		{"R-44 parallel creates keep a limit", testParallelLimit},
		{"R-40 disable against creates", testDisableAgainstCreates},
		{"R-38 revoked is refused at once", testRevokedAtOnce},
		{"R-58 groups are effective at once", testGroupsAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			for n := 1; n <= 2; n++ {
				if err := s.Users.Create(t.Context(), realm, usertest.New(n), "hash"); err != nil {
					t.Fatal(err)
				}
			}
			test.run(t, s)
		})
	}
}

// New is a session of a user that is idle from now+idle on and has no absolute
// end. n makes its id and its token.
func New(n, userNumber int) session.Record {
	return session.Record{
		ID:       fmt.Sprintf("%024x", n),
		Hash:     session.HashToken(fmt.Sprint("token", n)),
		UserID:   usertest.ID(userNumber),
		Created:  now,
		LastSeen: now,
		IdleEnd:  now + idle,
	}
}

func mustCreate(t *testing.T, s Stores, realm string, records ...session.Record) {
	t.Helper()
	for _, r := range records {
		made, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
		if err != nil {
			t.Fatalf("create session: %v", err)
		}
		found, err := s.Sessions.Find(t.Context(), realm, r.Hash)
		if err != nil {
			t.Fatalf("find what was created: %v", err)
		}
		equal(t, made, *found)
	}
}

func mustFind(t *testing.T, s Stores, realm string, r session.Record) session.Found {
	t.Helper()
	found, err := s.Sessions.Find(t.Context(), realm, r.Hash)
	if err != nil {
		t.Fatalf("find session: %v", err)
	}
	return *found
}

// wantGone looks a session up and wants it not to be there.
func wantGone(t *testing.T, s Stores, realm string, records ...session.Record) {
	t.Helper()
	for _, r := range records {
		_, err := s.Sessions.Find(t.Context(), realm, r.Hash)
		wantError(t, "find session "+r.ID, err, session.ErrNotFound)
	}
}

// wantFound looks sessions up and wants them as they are given.
func wantFound(t *testing.T, s Stores, realm string, records ...session.Record) {
	t.Helper()
	for _, r := range records {
		equal(t, mustFind(t, s, realm, r).Record, r)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(session.Found{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func ids(list []session.Found) []string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	return ids
}

func idsOf(records ...session.Record) []string {
	var ids []string
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}
