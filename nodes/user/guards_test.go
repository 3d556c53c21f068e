package user_test

import (
	"context"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
)

// a password that could not be hashed makes no account, least of all one
// without a password; nor is there one without an id.
func TestCreateFailsClosed_R61(t *testing.T) {
	with := map[string]any{"username": "ada", "password": "a long passphrase"}
	full, dry := errors.New("the queue is full"), errors.New("no randomness")
	for _, broken := range []error{full, dry} {
		b, w := newBench(), world
		if broken == full {
			b.passwords.broken = full
		} else {
			w = engine.World{Now: world.Now, Random: iotest.ErrReader(dry)}
		}
		r := enginetest.Node{Type: b.node("user.create"), With: with, World: w, Standard: true}.Run(context.Background(), t)
		if !errors.Is(r.Err, broken) || len(b.store.users) != 0 {
			t.Errorf("got %s (%v) and %d users, want %v and none", r.Outcome, r.Err, len(b.store.users), broken)
		}
	}
}

// a reserved key is one however its words are parted.
func TestReservedKeysAreFolded(t *testing.T) {
	b := newBench()
	ada := b.ada(t)
	data := map[string]any{"plan": "free"}
	for _, key := range []string{"emailVerified", "email_verified", "Email-Verified", "email verified", "email.verified", "EMAILVERIFIED", "_groups", ".status", "pa ssword"} {
		data[key] = "forged"
	}
	want(t, b.run(t, "user.update", map[string]any{"userId": ada.ID, "data": data}, "userId"), "updated")
	if diff := cmp.Diff(map[string]any{"plan": "free"}, b.stored(t, ada.ID).Data); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
