package sqlite

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/nodes/user"
)

func TestTraceTellsEachStatement(t *testing.T) {
	var mu sync.Mutex
	var got []string
	db := open(t, Config{Trace: func(statement string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, statement)
	}})
	if _, err := db.Users().Find(t.Context(), "main", user.ByID, "nobody"); !errors.Is(err, user.ErrNotFound) {
		t.Fatalf("got %v, want %v", err, user.ErrNotFound)
	}
	if err := db.Users().Disable(t.Context(), "main", "nobody", 1); !errors.Is(err, user.ErrNotFound) {
		t.Fatalf("got %v, want %v", err, user.ErrNotFound)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{findUser, "BEGIN IMMEDIATE", disableUser, "COMMIT"} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}
