package sessiontest

import (
	"errors"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// sprung is a session that springs from another of the same user.
func sprung(n, userNumber int, from session.Record) session.Record {
	r := New(n, userNumber)
	r.Origin = from.ID
	return r
}

// stored is a record as Find gives it.
func stored(r session.Record) session.Record {
	r.Origin, r.Replaces = "", nil
	return r
}

// family, for R-38, is a first session, two that spring from it, and one that springs from one of those.
func family(n int) []session.Record {
	first := New(n, 1)
	second := sprung(n+1, 1, first)
	return []session.Record{first, second, sprung(n+2, 1, first), sprung(n+3, 1, second)}
}

func testFamily(t *testing.T, s Stores) {
	if err := s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	// The same ids and tokens in another realm, and other sessions of the same user and
	// of another one.
	foreign, alone, others := family(0), family(10), New(20, 2)
	mustCreate(t, s, otherRealm, foreign...)
	mustCreate(t, s, realm, alone...)
	mustCreate(t, s, realm, others)
	for member := range foreign {
		for _, byToken := range []bool{false, true} {
			mine := family(0)
			mustCreate(t, s, realm, mine...)
			which := session.Selection{ID: mine[member].ID, Family: true}
			if byToken {
				which = session.Selection{Hash: &mine[member].Hash, Family: true}
			}
			remove(t, s, 2, which, 0)
			for _, r := range mine {
				wantFound(t, s, realm, stored(r))
			}
			remove(t, s, 1, which, len(mine))
			remove(t, s, 1, which, 0)
			wantGone(t, s, realm, mine...)
		}
	}
	for _, r := range alone {
		wantFound(t, s, realm, stored(r))
	}
	for _, r := range foreign {
		wantFound(t, s, otherRealm, stored(r))
	}
	wantFound(t, s, realm, others)

	// Without Family one session ends, and the family without its first is still one. A
	// session of another user with the same handle is not of it.
	twin := New(21, 2)
	twin.ID = alone[0].ID
	mustCreate(t, s, realm, twin)
	remove(t, s, 1, session.Selection{ID: alone[0].ID}, 1)
	wantGone(t, s, realm, alone[0])
	remove(t, s, 1, session.Selection{ID: alone[3].ID, Family: true}, 3)
	wantGone(t, s, realm, alone...)
	wantFound(t, s, realm, twin)
}

func testFamilyKept(t *testing.T, s Stores) {
	all := family(0)
	mustCreate(t, s, realm, all...)
	for i := range all {
		hash := session.HashToken("fresh " + all[i].ID)
		if _, err := s.Sessions.Update(t.Context(), realm, all[i].UserID, all[i].ID, session.Change{Hash: &hash}, now); err != nil {
			t.Fatal(err)
		}
		all[i].Hash = hash
		touch(t, s, used(all[i], now+1))
	}
	remove(t, s, 1, session.Selection{Hash: &all[2].Hash, Family: true}, len(all))
	wantGone(t, s, realm, all...)
}

func testOriginOver(t *testing.T, s Stores) {
	if err := s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	idleOver, ended, others, elsewhere := New(1, 1), New(2, 1), New(3, 2), New(4, 1)
	idleOver.IdleEnd, ended.End = now, now
	mustCreate(t, s, realm, idleOver, ended, others)
	mustCreate(t, s, otherRealm, elsewhere)
	for what, origin := range map[string]session.Record{
		"unknown": New(9, 1), "without use": idleOver, "at its end": ended, "another's": others, "of another realm": elsewhere,
	} {
		r := sprung(5, 1, origin)
		_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
		wantError(t, what, err, session.ErrOrigin)
		wantGone(t, s, realm, r)
	}
}

// A session that is replaced may be the one from which its successor springs: the family
// goes on. Nobody's session is replaced by one that is not stored, or by another user's.
func testReplaces(t *testing.T, s Stores) {
	old, others := New(1, 1), New(2, 2)
	child := sprung(3, 1, old)
	mustCreate(t, s, realm, old, others, child)
	foreign := New(4, 1)
	foreign.Replaces = &others.Hash
	mustCreate(t, s, realm, foreign)
	wantFound(t, s, realm, others)

	next := sprung(5, 1, old)
	next.Replaces = &old.Hash
	refused := next
	refused.Origin = New(9, 1).ID
	_, err := s.Sessions.Create(t.Context(), realm, refused, session.Limit{})
	wantError(t, "create", err, session.ErrOrigin)
	wantFound(t, s, realm, old)

	// It makes room besides.
	if _, err := s.Sessions.Create(t.Context(), realm, next, session.Limit{Max: 3}); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, old)
	wantFound(t, s, realm, stored(next), stored(child))
	// Whoever signs in anew takes the place of before in the family; not so one who comes
	// with a session that was over, or another user's.
	again, late := New(6, 1), New(7, 1)
	again.Replaces = &next.Hash
	mustCreate(t, s, realm, again)
	wantGone(t, s, realm, next)
	over := sprung(8, 1, child)
	over.IdleEnd = now
	mustCreate(t, s, realm, over)
	late.Replaces = &over.Hash
	mustCreate(t, s, realm, late)
	wantGone(t, s, realm, over)
	remove(t, s, 1, session.Selection{ID: again.ID, Family: true}, 2)
	wantGone(t, s, realm, again, child)
	wantFound(t, s, realm, stored(late), stored(foreign))
}

// Whoever signs out leaves nothing behind that was just springing from it.
func testFamilyAgainstCreates(t *testing.T, s Stores) {
	for round := range rounds / 10 {
		first := New(10*round, 1)
		mustCreate(t, s, realm, first)
		var group sync.WaitGroup
		for n := range 8 {
			group.Go(func() {
				_, err := s.Sessions.Create(t.Context(), realm, sprung(10*round+n+1, 1, first), session.Limit{})
				if err != nil && !errors.Is(err, session.ErrOrigin) {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			if n, err := s.Sessions.Delete(t.Context(), realm, first.UserID, session.Selection{ID: first.ID, Family: true}); err != nil || n == 0 {
				t.Errorf("got %d, %v", n, err)
			}
		})
		group.Wait()
		if list := mustList(t, s); len(list) != 0 {
			t.Fatalf("got %d sessions, want none", len(list))
		}
	}
}
