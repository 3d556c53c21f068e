package tokentest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

func testActive(t *testing.T, s Stores) {
	must(t, s.Users.Disable(t.Context(), realm, usertest.ID(2), now))
	for _, made := range []token.Token{New(1, 2), New(2, 99), {}} {
		_, err := s.Tokens.Create(t.Context(), realm, made)
		wantError(t, "create", err, token.ErrDisabled)
		wantUseless(t, s, "of one who may not", forLink, made)
	}
	must(t, s.Users.Enable(t.Context(), realm, usertest.ID(2), now))
	wantUseless(t, s, "once they may again", forLink, New(1, 2))
}

func testChecked(t *testing.T, s Stores) {
	made := New(1, 1)
	made.Checked = "hash"
	got, err := s.Tokens.Create(t.Context(), realm, made)
	must(t, err)
	made.Checked = ""
	equal(t, got, made)
	must(t, s.Passwords.Set(t.Context(), realm, usertest.ID(1), "new", password.EndNone, "", outbox.Entry{}))
	for i, id := range []int{1, 3} {
		if id == 3 {
			must(t, s.Users.Create(t.Context(), realm, usertest.New(3), ""))
		}
		late := New(2+i, id)
		late.Checked = "hash"
		_, err = s.Tokens.Create(t.Context(), realm, late)
		wantError(t, "create", err, token.ErrChanged)
		wantUseless(t, s, "of the old password", forLink, late)
	}
}

func testEnded(t *testing.T, s Stores) {
	mustCreate(t, s, realm, New(1, 1), New(2, 1), New(3, 2))
	must(t, s.Users.Disable(t.Context(), realm, usertest.ID(1), now))
	wantUseless(t, s, "of a disabled user", forLink, New(1, 1), New(2, 1))
	must(t, s.Users.Enable(t.Context(), realm, usertest.ID(1), now))
	wantUseless(t, s, "of a user who was disabled", forLink, New(1, 1), New(2, 1))

	mustCreate(t, s, realm, New(4, 1))
	must(t, s.Users.Delete(t.Context(), realm, usertest.ID(1)))
	wantUseless(t, s, "of a deleted user", forLink, New(4, 1))
	must(t, s.Users.Create(t.Context(), realm, usertest.New(1), ""))
	wantUseless(t, s, "of a deleted user whose id is another's", forLink, New(4, 1))
	wantGood(t, s, forLink, New(3, 2))
}

func testDisableAgainstCreates(t *testing.T, s Stores) {
	for round := range 50 {
		id := 100 + round
		must(t, s.Users.Create(t.Context(), realm, usertest.New(id), ""))
		var group sync.WaitGroup
		group.Go(func() {
			if err := s.Users.Disable(t.Context(), realm, usertest.ID(id), now); err != nil {
				t.Error(err)
			}
		})
		for n := range 8 {
			group.Go(func() {
				if _, err := s.Tokens.Create(t.Context(), realm, New(10*round+n, id)); err != nil && !errors.Is(err, token.ErrDisabled) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		must(t, s.Users.Enable(t.Context(), realm, usertest.ID(id), now))
		for n := range 8 {
			wantUseless(t, s, "of a user who was disabled", forLink, New(10*round+n, id))
		}
	}
}

func testSetPassword(t *testing.T, s Stores) {
	for i, test := range []struct {
		end  password.EndSessions
		stay bool
	}{{password.EndNone, true}, {password.EndOthers, false}, {password.EndAll, false}} {
		own, others := New(2*i, 1), New(2*i+1, 2)
		mustCreate(t, s, realm, own, others)
		must(t, s.Passwords.Set(t.Context(), realm, usertest.ID(1), "new", test.end, "", outbox.Entry{}))
		if test.stay {
			wantGood(t, s, forLink, own)
		} else {
			wantUseless(t, s, fmt.Sprintf("after a new password that ends %s", test.end), forLink, own)
		}
		wantGood(t, s, forLink, others)
	}
}

func testSetAddress(t *testing.T, s Stores) {
	set := func(value string) {
		t.Helper()
		_, err := s.Users.SetAddress(t.Context(), realm, usertest.ID(1), user.NewAddress{By: user.ByEmail, Value: value}, now)
		must(t, err)
	}
	mustCreate(t, s, realm, New(1, 1), New(2, 2))
	set("a@example.com")
	wantUseless(t, s, "after a new address", forLink, New(1, 1))
	mustCreate(t, s, realm, New(3, 1))
	set("a@example.com")
	wantGood(t, s, forLink, New(3, 1), New(2, 2))
}
