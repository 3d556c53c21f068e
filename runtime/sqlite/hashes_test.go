package sqlite

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/nodes/user"
)

func TestSampleHashesR16(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, filepath.Join(t.TempDir(), "test.db"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const bcrypt = "$2b$12$abcdefghijklmnopqrstuv"
	for i, hash := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB", "$argon2id$v=19$m=19456,t=2,p=1$CCCC$DDDD", "$argon2id$v=19$m=47104,t=1,p=1$AAAA$BBBB",
		bcrypt, strings.Replace(bcrypt, "abc", "xyz", 1), strings.Replace(bcrypt, "12", "10", 1),
	} {
		u := user.User{ID: strings.Repeat("0", 23) + string(rune('a'+i)), Status: user.Active}
		if err := db.Users().Create(ctx, "main", u, hash); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.SampleHashes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"$2b$10$abcdefghijklmnopqrstuv", bcrypt,
		"$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB", "$argon2id$v=19$m=47104,t=1,p=1$AAAA$BBBB",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
