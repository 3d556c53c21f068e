// Package usertest holds the tests that every user.Store must pass.
package usertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/user"
)

// Realm is the realm in which the tests work; they look into others, too.
const Realm = "main"

const otherRealm = "other"

// now is a moment that no store has reason to compare with the clock.
const now engine.Instant = 1_700_000_000_000

// Run tests a store. open gives an empty one, which lives as long as t.
func Run(t *testing.T, open func(t *testing.T) user.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, user.Store)
	}{
		{"create and find", testCreate},
		{"find by identifier", testFind},
		{"A-20 identifiers are unique across kinds", testTaken},
		{"first taken field", testFirstTaken},
		{"a refused user leaves nothing", testRefused},
		{"two identifiers of one user may be equal", testEqualIdentifiers},
		{"one of many wins", testParallelCreate},
		{"R-59 realms", testRealms},
		{"list", testList},
		{"update", testUpdate},
		{"parallel updates", testParallelUpdate},
		{"disable and enable", testDisable},
		{"delete", testDelete},
		{"set address", testSetAddress},
		{"an address beside a username", testSetAddressKeepsTheUsername},
		{"A-20 an address that is another's", testSetAddressTaken},
		{"one of many gets an address", testSetAddressOneWins},
		{"A-35 R-53 claim", testClaim},
		{"A-35 confirm", testConfirm},
		{"cancelled", testCancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// ID is a user id made of a number.
func ID(n int) string { return fmt.Sprintf("%024x", n) }

// New is an active user with the id ID(n) and no identifiers.
func New(n int) user.User {
	return user.User{
		ID:        ID(n),
		Provider:  user.LocalProvider,
		SignUpAt:  now,
		UpdatedAt: now,
		Status:    user.Active,
	}
}

func text(s string) *string { return &s }

// with is New with one identifier.
func with(n int, kind user.Identifier, value string) user.User {
	u := New(n)
	switch kind {
	case user.ByEmail:
		u.Email = &value
	case user.ByPhone:
		u.Phone = &value
	case user.ByUsername:
		u.Username = &value
	}
	return u
}

func mustCreate(t *testing.T, s user.Store, realm string, u user.User) {
	t.Helper()
	if err := s.Create(t.Context(), realm, u, ""); err != nil {
		t.Fatalf("create: %v", err)
	}
}

func mustFind(t *testing.T, s user.Store, realm, id string) user.User {
	t.Helper()
	u, err := s.Find(t.Context(), realm, user.ByID, id)
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	return u
}

func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, user.ErrNotFound) {
		t.Errorf("%s: got %v, want user.ErrNotFound", what, err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func testCreate(t *testing.T, s user.Store) {
	login := now - 5
	full := user.User{
		ID: ID(1), Email: text("a@example.com"), EmailVerified: true, Phone: text("+4912345"), PhoneVerified: true,
		Username: text("alice"), Name: text("Alice"), Picture: text("https://example.com/a.png"), Provider: "github",
		ProviderUserID: "77", SignUpAt: now, UpdatedAt: now + 1, LastLoginAt: &login, Groups: []string{"admin", `a "b", c`},
		Data: map[string]any{"n": 1.5, "list": []any{"x", true, nil}, "deep": map[string]any{"k": "v"}},
		Slug: "alice-1", Status: user.Disabled, Factors: []string{"totp"},
	}
	for _, want := range []user.User{full, New(2)} {
		mustCreate(t, s, Realm, want)
		equal(t, mustFind(t, s, Realm, want.ID), want)
	}
	if err := s.Create(t.Context(), Realm, New(2), ""); err == nil {
		t.Error("a second user of one id: got no error")
	}
}

func testFind(t *testing.T, s user.Store) {
	u := New(1)
	u.Email, u.Phone, u.Username = text("a@example.com"), text("+4912345"), text("alice")
	mustCreate(t, s, Realm, u)
	for _, test := range []struct {
		by    user.Identifier
		value string
		found bool
	}{
		{user.ByID, u.ID, true},
		{user.ByEmail, "a@example.com", true},
		{user.ByPhone, "+4912345", true},
		{user.ByUsername, "alice", true},
		{user.ByAny, "a@example.com", true},
		{user.ByAny, "+4912345", true},
		{user.ByAny, "alice", true},
		{user.ByEmail, "alice", false},
		{user.ByPhone, "a@example.com", false},
		{user.ByUsername, "+4912345", false},
		{user.ByID, "alice", false},
		{user.ByID, ID(2), false},
		{user.ByEmail, "b@example.com", false},
		{user.ByAny, "bob", false},
		{user.ByAny, "", false},
		{user.ByID, "", false},
	} {
		got, err := s.Find(t.Context(), Realm, test.by, test.value)
		switch {
		case !test.found:
			wantNotFound(t, fmt.Sprintf("find %s %q", test.by, test.value), err)
		case err != nil || got.ID != u.ID:
			t.Errorf("find %s %q: got %q, %v, want %q", test.by, test.value, got.ID, err, u.ID)
		}
	}
	if _, err := s.Find(t.Context(), Realm, "shoeSize", "alice"); err == nil {
		t.Error("find by an identifier that is none: got no error")
	}
}

var kinds = []user.Identifier{user.ByEmail, user.ByPhone, user.ByUsername}

func testTaken(t *testing.T, s user.Store) {
	n := 0
	for _, first := range kinds {
		for _, second := range kinds {
			n += 2
			value := fmt.Sprintf("%s-%s", first, second)
			mustCreate(t, s, Realm, with(n, first, value))
			err := s.Create(t.Context(), Realm, with(n+1, second, value), "")
			var taken *user.TakenError
			if !errors.As(err, &taken) || taken.Field != second {
				t.Errorf("%s is another's %s: got %v, want taken %s", second, first, err, second)
			}
		}
	}
}

func testFirstTaken(t *testing.T, s user.Store) {
	for i, kind := range kinds {
		mustCreate(t, s, Realm, with(i, kind, "taken-"+string(kind)))
	}
	for i, want := range kinds {
		u := New(10)
		for _, kind := range kinds[i:] {
			switch value := "taken-" + string(kind); kind {
			case user.ByEmail:
				u.Email = &value
			case user.ByPhone:
				u.Phone = &value
			case user.ByUsername:
				u.Username = &value
			}
		}
		err := s.Create(t.Context(), Realm, u, "")
		var taken *user.TakenError
		if !errors.As(err, &taken) || taken.Field != want {
			t.Errorf("got %v, want taken %s", err, want)
		}
	}
}

func testRefused(t *testing.T, s user.Store) {
	mustCreate(t, s, Realm, with(1, user.ByUsername, "alice"))
	u := with(2, user.ByUsername, "alice")
	u.Email = text("b@example.com")
	if err := s.Create(t.Context(), Realm, u, "hash"); err == nil {
		t.Fatal("got no error")
	}
	_, err := s.Find(t.Context(), Realm, user.ByID, u.ID)
	wantNotFound(t, "the refused user", err)
	_, err = s.Find(t.Context(), Realm, user.ByEmail, "b@example.com")
	wantNotFound(t, "an identifier of the refused user", err)
	mustCreate(t, s, Realm, with(3, user.ByEmail, "b@example.com"))
}

func testEqualIdentifiers(t *testing.T, s user.Store) {
	u := New(1)
	u.Email, u.Username = text("a@example.com"), text("a@example.com")
	mustCreate(t, s, Realm, u)
	for _, by := range []user.Identifier{user.ByEmail, user.ByUsername, user.ByAny} {
		if got, err := s.Find(t.Context(), Realm, by, "a@example.com"); err != nil || got.ID != u.ID {
			t.Errorf("by %s: got %q, %v", by, got.ID, err)
		}
	}
}

func testParallelCreate(t *testing.T, s user.Store) {
	const callers = 50
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			errs[i] = s.Create(t.Context(), Realm, with(i, kinds[i%len(kinds)], "wanted"), "")
		})
	}
	group.Wait()
	winner, err := s.Find(t.Context(), Realm, user.ByAny, "wanted")
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		var taken *user.TakenError
		switch {
		case ID(i) == winner.ID && err != nil:
			t.Errorf("the winner: got %v", err)
		case ID(i) != winner.ID && !errors.As(err, &taken):
			t.Errorf("a loser: got %v, want taken", err)
		}
	}
}

func testRealms(t *testing.T, s user.Store) {
	ctx := t.Context()
	mine, other := with(1, user.ByEmail, "a@example.com"), with(1, user.ByEmail, "a@example.com")
	mine.Name, other.Name = text("mine"), text("other")
	mustCreate(t, s, Realm, mine)
	mustCreate(t, s, otherRealm, other)
	mustCreate(t, s, otherRealm, with(2, user.ByUsername, "bob"))

	for _, by := range []user.Identifier{user.ByEmail, user.ByAny} {
		got, err := s.Find(ctx, otherRealm, by, "a@example.com")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, other)
	}
	_, err := s.Find(ctx, Realm, user.ByID, ID(2))
	wantNotFound(t, "another realm's user by id", err)
	_, err = s.Find(ctx, Realm, user.ByUsername, "bob")
	wantNotFound(t, "another realm's user by name", err)
	_, err = s.Update(ctx, Realm, ID(2), user.Change{Name: text("x")}, now)
	wantNotFound(t, "update across realms", err)
	wantNotFound(t, "disable across realms", s.Disable(ctx, Realm, ID(2), now))
	wantNotFound(t, "enable across realms", s.Enable(ctx, Realm, ID(2), now))
	wantNotFound(t, "delete across realms", s.Delete(ctx, Realm, ID(2)))
	_, err = s.Find(ctx, "", user.ByID, ID(1))
	wantNotFound(t, "the empty realm", err)

	list, err := s.List(ctx, Realm, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, list, []user.User{mine})
	if err := s.Disable(ctx, Realm, ID(1), now); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, Realm, ID(1)); err != nil {
		t.Fatal(err)
	}
	equal(t, mustFind(t, s, otherRealm, ID(1)), other)
}

func testList(t *testing.T, s user.Store) {
	for _, n := range []int{3, 1, 5, 2, 4} {
		mustCreate(t, s, Realm, New(n))
	}
	for _, test := range []struct {
		after string
		limit int
		want  []int
	}{
		{"", 10, []int{1, 2, 3, 4, 5}},
		{"", 2, []int{1, 2}},
		{ID(2), 2, []int{3, 4}},
		{ID(4), 2, []int{5}},
		{ID(5), 2, nil},
		{"", 0, nil},
		{"", -1, nil},
	} {
		list, err := s.List(t.Context(), Realm, test.after, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var want []user.User
		for _, n := range test.want {
			want = append(want, New(n))
		}
		equal(t, list, want)
	}
}

func testUpdate(t *testing.T, s user.Store) {
	u := with(1, user.ByEmail, "a@example.com")
	u.Name, u.Picture, u.Groups, u.Data = text("A"), text("P"), []string{"a", "b"}, map[string]any{"k": "v"}
	mustCreate(t, s, Realm, u)
	for i, test := range []struct {
		change user.Change
		apply  func(*user.User)
	}{
		{user.Change{}, func(*user.User) {}},
		{user.Change{Name: text("B")}, func(u *user.User) { u.Name = text("B") }},
		{user.Change{Name: text(""), Picture: text("Q")}, func(u *user.User) { u.Name, u.Picture = nil, text("Q") }},
		{user.Change{Picture: text("")}, func(u *user.User) { u.Picture = nil }},
		{user.Change{Data: map[string]any{"l": 2.0}}, func(u *user.User) { u.Data = map[string]any{"l": 2.0} }},
		{user.Change{Data: map[string]any{}}, func(u *user.User) { u.Data = nil }},
		{user.Change{AddGroups: []string{"b", "c", "c"}}, func(u *user.User) { u.Groups = []string{"a", "b", "c"} }},
		{user.Change{RemoveGroups: []string{"b", "x"}}, func(u *user.User) { u.Groups = []string{"a", "c"} }},
		{
			user.Change{AddGroups: []string{"d", "e"}, RemoveGroups: []string{"d", "a"}},
			func(u *user.User) { u.Groups = []string{"c", "e"} },
		},
	} {
		test.apply(&u)
		u.UpdatedAt = now + engine.Instant(i)
		got, err := s.Update(t.Context(), Realm, u.ID, test.change, u.UpdatedAt)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, u)
		equal(t, mustFind(t, s, Realm, u.ID), u)
	}
	_, err := s.Update(t.Context(), Realm, ID(2), user.Change{Name: text("x")}, now)
	wantNotFound(t, "update of nobody", err)
}

func testParallelUpdate(t *testing.T, s user.Store) {
	mustCreate(t, s, Realm, New(1))
	const callers = 50
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			change := user.Change{AddGroups: []string{fmt.Sprint(i)}}
			if _, err := s.Update(t.Context(), Realm, ID(1), change, now); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(mustFind(t, s, Realm, ID(1)).Groups); got != callers {
		t.Errorf("got %d groups, want %d: an update was lost", got, callers)
	}
}

func testDisable(t *testing.T, s user.Store) {
	u := with(1, user.ByEmail, "a@example.com")
	mustCreate(t, s, Realm, u)
	for range 2 {
		if err := s.Disable(t.Context(), Realm, u.ID, now+7); err != nil {
			t.Fatal(err)
		}
		u.Status, u.UpdatedAt = user.Disabled, now+7
		equal(t, mustFind(t, s, Realm, u.ID), u)
	}
	for range 2 {
		if err := s.Enable(t.Context(), Realm, u.ID, now+8); err != nil {
			t.Fatal(err)
		}
		u.Status, u.UpdatedAt = user.Active, now+8
		equal(t, mustFind(t, s, Realm, u.ID), u)
	}
	wantNotFound(t, "disable nobody", s.Disable(t.Context(), Realm, ID(2), now))
	wantNotFound(t, "enable nobody", s.Enable(t.Context(), Realm, ID(2), now))
}

func testDelete(t *testing.T, s user.Store) {
	u := New(1)
	u.Email, u.Phone, u.Username = text("a@example.com"), text("+4912345"), text("alice")
	mustCreate(t, s, Realm, u)
	if err := s.Delete(t.Context(), Realm, u.ID); err != nil {
		t.Fatal(err)
	}
	wantNotFound(t, "delete twice", s.Delete(t.Context(), Realm, u.ID))
	_, err := s.Find(t.Context(), Realm, user.ByID, u.ID)
	wantNotFound(t, "find the deleted", err)
	_, err = s.Find(t.Context(), Realm, user.ByAny, "alice")
	wantNotFound(t, "find the deleted by name", err)
	for i, kind := range kinds {
		mustCreate(t, s, Realm, with(i+2, kind, []string{"a@example.com", "+4912345", "alice"}[i]))
	}
}

func testCancelled(t *testing.T, s user.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Create(ctx, Realm, New(1), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("create: got %v, want context.Canceled", err)
	}
	if _, err := s.Find(ctx, Realm, user.ByID, ID(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("find: got %v, want context.Canceled", err)
	}
	_, err := s.Find(t.Context(), Realm, user.ByID, ID(1))
	wantNotFound(t, "after a cancelled create", err)
}
