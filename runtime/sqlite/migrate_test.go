package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
)

// change runs statements on a file that is not open.
func change(t *testing.T, path string, statements string) {
	t.Helper()
	c, err := dial(path, Config{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.run(statements), c.close()); err != nil {
		t.Fatal(err)
	}
}

// version is the version of a file that is not open.
func version(t *testing.T, path string) int64 {
	t.Helper()
	c, err := dial(path, Config{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	v, err := identify(c)
	if err := errors.Join(err, c.close()); err != nil {
		t.Fatal(err)
	}
	return v
}

func newFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	if err := createFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each migration leaves its own number, and the last one that of the program.
func TestMigrationsAreNumbered(t *testing.T) {
	all, err := known()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(all); got != schemaVersion {
		t.Fatalf("got %d migrations, want %d", got, schemaVersion)
	}
	path := newFile(t)
	for i, m := range all {
		want := int64(i + 1)
		if m.Version != want {
			t.Errorf("migration %s: got number %d, want %d", m.Name, m.Version, want)
		}
		if err := migrateTo(t.Context(), path, Config{}.withDefaults(), want); err != nil {
			t.Fatal(err)
		}
		if got := version(t, path); got != want {
			t.Errorf("after migration %s: got version %d, want %d", m.Name, got, want)
		}
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	if _, err := Status(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("status of no file: got %v, want fs.ErrNotExist", err)
	}
	applied, err := Migrate(t.Context(), path)
	if err != nil || len(applied) != schemaVersion {
		t.Errorf("got %v, %v, want all %d migrations", applied, err, schemaVersion)
	}
	for _, m := range applied {
		if m.Applied.IsZero() {
			t.Errorf("migration %s: got no time", m.Name)
		}
	}
	again, err := Migrate(t.Context(), path)
	if err != nil || len(again) != 0 {
		t.Errorf("again: got %v, %v, want none", again, err)
	}
	status, err := Status(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(applied, status); diff != "" {
		t.Errorf("status: -want +got:\n%s", diff)
	}
}

func TestStatusOfEmptyFile(t *testing.T) {
	path := newFile(t)
	status, err := Status(t.Context(), path)
	if err != nil || len(status) != schemaVersion {
		t.Fatalf("got %v, %v, want all migrations", status, err)
	}
	for _, m := range status {
		if !m.Applied.IsZero() {
			t.Errorf("migration %s: got %v, want not applied", m.Name, m.Applied)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("the file was changed, or %v", err)
	}
}

// A file that is up to date is opened without a look at its history, which
// keeps the start of a server short.
func TestOpenSkipsMigrations(t *testing.T) {
	path := newFile(t)
	if _, err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	change(t, path, "DROP TABLE goose_db_version")
	openAt(t, path, Config{})
}

func TestOpenOtherVersions(t *testing.T) {
	for _, test := range []struct {
		name    string
		version int64
		policy  MigratePolicy
		want    error
	}{
		{"ahead", schemaVersion + 1, MigrateUp, ErrAhead},
		{"ahead, refuse", schemaVersion + 1, MigrateRefuse, ErrAhead},
		{"same, refuse", schemaVersion, MigrateRefuse, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := newFile(t)
			if _, err := Migrate(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			change(t, path, fmt.Sprintf("PRAGMA user_version = %d", test.version))
			db, err := Open(t.Context(), path, Config{Migrate: test.policy})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err == nil {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := version(t, path); got != test.version {
				t.Errorf("got version %d, want %d", got, test.version)
			}
		})
	}
}

func TestMigrateRefuse(t *testing.T) {
	path := newFile(t)
	cfg := Config{Migrate: MigrateRefuse}.withDefaults()
	if err := prepareFile(t.Context(), path, cfg, 1); err != nil {
		t.Errorf("a new file: got %v, want its tables made", err)
	}
	if err := prepareFile(t.Context(), path, cfg, 2); !errors.Is(err, ErrBehind) {
		t.Errorf("got %v, want ErrBehind", err)
	}
	if got := version(t, path); got != 1 {
		t.Errorf("got version %d, want 1", got)
	}
}

func TestMigrateCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "app.db")
	if _, err := Open(ctx, path, Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	openAt(t, path, Config{})
}

// Files of all versions are brought to the newest one, with what is in them:
// testdata/v1.sql and its successors hold what a program of that version had
// written. A new migration adds a file and leaves the old ones alone.
func TestOldFilesAreKept(t *testing.T) {
	for old := range int64(schemaVersion) {
		t.Run(fmt.Sprint("version ", old+1), func(t *testing.T) {
			path := newFile(t)
			if err := migrateTo(t.Context(), path, Config{}.withDefaults(), old+1); err != nil {
				t.Fatal(err)
			}
			rows, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", old+1))
			if err != nil {
				t.Fatal(err)
			}
			change(t, path, string(rows))
			checkOldFile(t, openAt(t, path, Config{}))
		})
	}
}

// checkOldFile looks for what all files under testdata hold.
func checkOldFile(t *testing.T, db *DB) {
	t.Helper()
	ctx := t.Context()
	equal := func(what string, got any, err error, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(session.Found{})); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", what, err, diff)
		}
	}
	text := func(s string) *string { return &s }
	login := engine.Instant(1_700_000_000_300)

	alice := user.User{
		ID: "65536f000000000000000001", Email: text("alice@example.com"), EmailVerified: true, Username: text("alice"),
		Name: text("Alice"), Provider: "latchwork", SignUpAt: 1_700_000_000_100, UpdatedAt: 1_700_000_000_200,
		LastLoginAt: &login, Groups: []string{"admin", "staff"}, Data: map[string]any{"plan": "gold"}, Slug: "alice",
		Status: user.Active,
	}
	for by, value := range map[user.Identifier]string{
		user.ByID: alice.ID, user.ByEmail: "alice@example.com", user.ByUsername: "alice", user.ByAny: "alice",
	} {
		got, err := db.Users().Find(ctx, "main", by, value)
		equal("alice by "+string(by), got, err, alice)
	}
	bob, err := db.Users().Find(ctx, "main", user.ByPhone, "+4930123456")
	equal("bob", bob, err, user.User{
		ID: "65536f000000000000000002", Phone: text("+4930123456"), Provider: "github", ProviderUserID: "42",
		SignUpAt: 1_700_000_000_000, UpdatedAt: 1_700_000_000_000, Status: user.Disabled,
	})
	hash, err := db.Passwords().Hash(ctx, "main", alice.ID)
	equal("password", hash, err, "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")

	record := session.Record{
		ID: "65536f0000000000000000a1", Hash: session.Hash([]byte("0123456789abcdef0123456789ABCDEF")), UserID: alice.ID,
		Created: 1_700_000_000_300, LastSeen: 1_700_000_000_400, IdleEnd: 1_700_600_000_400, End: 1_702_000_000_300,
		IP: "192.0.2.1", UserAgent: "Mozilla/5.0", Groups: []string{"desk"}, Factors: []string{"password"},
		Data: map[string]any{"cart": []any{1.0}},
	}
	found, err := db.Sessions().Find(ctx, "main", record.Hash)
	equal("session", found, err, &session.Found{Record: record, UserGroups: alice.Groups})

	list, err := db.Keys().List(ctx, "main")
	equal("keys", list, err, []key.Key{{
		ID: "65536f0000000000000000b1", Name: "app", Kind: key.Private, Scopes: []string{"users:read"},
		Hash: key.Hash([]byte("fedcba9876543210fedcba9876543210")), Created: 1_700_000_000_000,
		Expires: 1_800_000_000_000, LastUsed: 1_700_000_000_500,
	}})
	if n, err := db.Keys().Revoke(ctx, "main", "app", 1_700_000_000_600); err != nil || n != 1 {
		t.Errorf("revoke: got %d, %v, want 1", n, err)
	}
	if err := db.Users().Delete(ctx, "main", alice.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
}
