package sqlite

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// checkPlans looks at how SQLite runs every statement that the test has used.
// The cost of each may depend on the rows of the user, the token or the key
// concerned, never on all rows of a table or of a realm.
func checkPlans(t *testing.T, db *DB) {
	t.Helper()
	connections := append([]*conn{db.writer.conn}, db.readers.free...)
	for _, c := range connections {
		for statement := range c.stmts {
			if verb, _, _ := strings.Cut(statement, " "); !planned[verb] {
				continue
			}
			for _, step := range plan(t, c, statement) {
				if wide.MatchString(step) && statement != listKeys {
					t.Errorf("%s\nreads too much: %s", statement, step)
				}
				if strings.Contains(step, "AUTOMATIC") {
					t.Errorf("%s\nbuilds an index each time: %s", statement, step)
				}
			}
		}
	}
}

var planned = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true}

// wide is a step that reads a whole table, or all of a realm.
var wide = regexp.MustCompile(`^SCAN (users|identifiers|passwords|sessions|keys|outbox|tokens|codes|authenticators|recovery_codes|challenges|identities|logins|[a-z])\b|\(realm=\?\)$`)

func plan(t *testing.T, c *conn, statement string) []string {
	t.Helper()
	var steps []string
	args := make([]any, strings.Count(statement, "?"))
	if highest := regexp.MustCompile(`\?[0-9]+`).FindAllString(statement, -1); highest != nil {
		args = make([]any, slices.Max(highest)[1]-'0')
	}
	err := c.each(context.Background(), "EXPLAIN QUERY PLAN "+statement, args, func(r row) error {
		steps = append(steps, r.text(3))
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return steps
}

// The check above must itself be able to fail.
func TestPlansAreSeen(t *testing.T) {
	db := open(t, Config{})
	for statement, want := range map[string]bool{
		"SELECT * FROM sessions":                                  true,
		"SELECT * FROM sessions s WHERE s.id = ?":                 true,
		"SELECT * FROM sessions WHERE realm = ?":                  true,
		"DELETE FROM sessions WHERE realm = ? AND note = ?":       true,
		"SELECT * FROM sessions WHERE realm = ? AND hash = ?":     false,
		"DELETE FROM sessions WHERE realm = ? AND user_id = ?":    false,
		"UPDATE users SET name = '' WHERE realm = ? AND id = ?":   false,
		"UPDATE users SET name = '' WHERE realm = ? AND slug = ?": true,
	} {
		var got bool
		for _, step := range plan(t, db.writer.conn, statement) {
			got = got || wide.MatchString(step)
		}
		if got != want {
			t.Errorf("%s: got %t, want %t: %q", statement, got, want, plan(t, db.writer.conn, statement))
		}
	}
}

// A session's look-up asks for its plan once, not with each token. SQLite
// plans anew without a word; what is seen of it is that the driver has to read
// the columns again, which shows in allocations.
func TestFindIsPlannedOnce(t *testing.T) {
	db := open(t, Config{})
	u := usertest.New(1)
	name, hash := "alice", numbered(1)
	u.Username = &name
	if err := db.Users().Create(t.Context(), "main", u, ""); err != nil {
		t.Fatal(err)
	}
	r := session.Record{ID: "1", Hash: hash, UserID: u.ID}
	if _, err := db.Sessions().Create(t.Context(), "main", r, session.Limit{}); err != nil {
		t.Fatal(err)
	}
	allocations := func(query string, key any) float64 {
		return testing.AllocsPerRun(100, func() {
			if _, ok, err := db.writer.conn.first(query, "main", key); err != nil || !ok {
				t.Fatalf("got %t, %v", ok, err)
			}
		})
	}
	casts := strings.NewReplacer("CAST(?1 AS TEXT)", "?1", "CAST(?2 AS BLOB)", "?2", "CAST(?2 AS TEXT)", "?2")
	for query, key := range map[string]any{findSession: hash[:], findUserByIdentifier: name} {
		naive := casts.Replace(query)
		if naive == query {
			t.Fatalf("%s: got no casts", query)
		}
		if got, most := allocations(query, key), allocations(naive, key); Driver == cgoDriver && got >= most {
			t.Errorf("%s: got %v allocations, want fewer than the %v of a query that is planned each time", query, got, most)
		}
	}
}

const cgoDriver = "github.com/mattn/go-sqlite3"
