package usertest

import (
	"errors"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/nodes/user"
)

func mustSet(t *testing.T, s user.Store, id string, by user.Identifier, value string) user.User {
	t.Helper()
	u, err := s.SetAddress(t.Context(), Realm, id, user.NewAddress{By: by, Value: value}, now+7)
	if err != nil {
		t.Fatalf("set address: %v", err)
	}
	return u
}

func testSetAddress(t *testing.T, s user.Store) {
	u := New(1)
	u.Username, u.Phone = text("alice"), text("+4912345")
	mustCreate(t, s, Realm, u)
	u.UpdatedAt = now + 7
	for _, step := range []struct {
		by    user.Identifier
		value string
		freed string
	}{
		{user.ByEmail, "a@example.com", ""},
		{user.ByEmail, "b@example.com", "a@example.com"},
		{user.ByEmail, "b@example.com", ""},
		{user.ByPhone, "+4912345", ""},
		{user.ByPhone, "+4967890", "+4912345"},
	} {
		u.SetAddress(step.by, step.value)
		equal(t, mustSet(t, s, u.ID, step.by, step.value), u)
		equal(t, mustFind(t, s, Realm, u.ID), u)
		if got, err := s.Find(t.Context(), Realm, step.by, step.value); err != nil || got.ID != u.ID {
			t.Errorf("find by %s: got %q, %v", step.value, got.ID, err)
		}
		if step.freed != "" {
			_, err := s.Find(t.Context(), Realm, user.ByAny, step.freed)
			wantNotFound(t, "find by what was replaced", err)
		}
	}
	mustCreate(t, s, Realm, with(2, user.ByEmail, "a@example.com"))
	_, err := s.SetAddress(t.Context(), Realm, ID(3), user.NewAddress{By: user.ByEmail, Value: "c@example.com"}, now)
	wantNotFound(t, "an address for nobody", err)
	mustCreate(t, s, otherRealm, New(4))
	_, err = s.SetAddress(t.Context(), Realm, ID(4), user.NewAddress{By: user.ByEmail, Value: "c@example.com"}, now)
	wantNotFound(t, "an address for a user of another realm", err)
	mustCreate(t, s, Realm, with(5, user.ByEmail, "c@example.com"))
}

// What is the username too leads to the user still.
func testSetAddressKeepsTheUsername(t *testing.T, s user.Store) {
	u := New(1)
	u.Email, u.Username = text("a@example.com"), text("a@example.com")
	mustCreate(t, s, Realm, u)
	mustSet(t, s, u.ID, user.ByEmail, "b@example.com")
	if got, err := s.Find(t.Context(), Realm, user.ByUsername, "a@example.com"); err != nil || got.ID != u.ID {
		t.Errorf("got %q, %v, want the user", got.ID, err)
	}
	mustSet(t, s, u.ID, user.ByEmail, "a@example.com")
}

func testSetAddressTaken(t *testing.T, s user.Store) {
	for i, kind := range kinds {
		mustCreate(t, s, Realm, with(10+i, kind, "taken-"+string(kind)))
	}
	u := with(1, user.ByEmail, "a@example.com")
	mustCreate(t, s, Realm, u)
	for _, kind := range kinds {
		for _, by := range []user.Identifier{user.ByEmail, user.ByPhone} {
			_, err := s.SetAddress(t.Context(), Realm, u.ID, user.NewAddress{By: by, Value: "taken-" + string(kind)}, now+7)
			var taken *user.TakenError
			if !errors.As(err, &taken) || taken.Field != by {
				t.Errorf("%s that is another's %s: got %v, want taken", by, kind, err)
			}
		}
	}
	equal(t, mustFind(t, s, Realm, u.ID), u)
	if got, err := s.Find(t.Context(), Realm, user.ByEmail, "a@example.com"); err != nil || got.ID != u.ID {
		t.Errorf("after a refusal: got %q, %v, want the user", got.ID, err)
	}
}

func testSetAddressOneWins(t *testing.T, s user.Store) {
	const callers = 20
	for i := range callers {
		mustCreate(t, s, Realm, New(i))
	}
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			_, errs[i] = s.SetAddress(t.Context(), Realm, ID(i), user.NewAddress{By: user.ByEmail, Value: "wanted@example.com"}, now)
		})
	}
	group.Wait()
	winner, err := s.Find(t.Context(), Realm, user.ByEmail, "wanted@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		var taken *user.TakenError
		if (ID(i) == winner.ID) != (err == nil) || err != nil && !errors.As(err, &taken) {
			t.Errorf("user %d: got %v; the winner is %s", i, err, winner.ID)
		}
	}
}

// who shows to hold an address that was typed, and not shown to hold, gets the
// account; see also tokentest.
func testClaim(t *testing.T, s user.Store) { testByHolder(t, s, user.NewAddress{Claim: true}) }

// who only confirms an address takes no other account, and changes nothing else.
func testConfirm(t *testing.T, s user.Store) { testByHolder(t, s, user.NewAddress{Confirm: true}) }

// testByHolder sets an address of which nothing was shown but that somebody holds it.
func testByHolder(t *testing.T, s user.Store, a user.NewAddress) {
	set := func(id, value string) (user.User, error) {
		a.By, a.Value = user.ByEmail, value
		return s.SetAddress(t.Context(), Realm, id, a, now+7)
	}
	u := with(1, user.ByEmail, "a@example.com")
	mustCreate(t, s, Realm, u)
	_, err := set(u.ID, "b@example.com")
	wantNotFound(t, "by another address", err)
	_, err = set(ID(2), "a@example.com")
	wantNotFound(t, "nobody's account", err)
	u.EmailVerified, u.UpdatedAt = true, now+7
	for range 2 {
		got, err := set(u.ID, "a@example.com")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, u)
		equal(t, mustFind(t, s, Realm, u.ID), u)
	}
	for n, more := range map[int]func(*user.User){
		3: func(u *user.User) { u.Phone, u.PhoneVerified = text("+4912345"), true },
		4: func(u *user.User) { u.Provider = "github" },
		5: func(u *user.User) { u.Factors = []string{"totp"} },
		6: func(u *user.User) { u.Status = user.Disabled },
	} {
		u := with(n, user.ByEmail, string(rune('a'+n))+"@example.com")
		more(&u)
		mustCreate(t, s, Realm, u)
		_, err := set(u.ID, *u.Email)
		wantNotFound(t, "an account that rests on more", err)
		equal(t, mustFind(t, s, Realm, u.ID), u)
	}
}
