package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain is a server where a test has started this binary as one.
func TestMain(m *testing.M) {
	if !served() {
		os.Exit(m.Run())
	}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{connections: []int{2}, rounds: 1, seconds: 50 * time.Millisecond, dir: t.TempDir(), jobs: jobs()}
}

// Each form of both sides gives the answer that the job is about, and both write
// the same.
func TestJobsAreTheSameWork(t *testing.T) {
	b := newBench(t)
	tested := map[string]bool{}
	for _, c := range comparisons(b.connections) {
		j := b.jobs[c.job]
		var writes [2]string
		for i, r := range []role{c.ours, c.twin} {
			statements, body, err := b.statementsOf(t.Context(), j, r)
			if err != nil {
				t.Fatalf("%s by %+v: %v", c.id, r, err)
			}
			if !regexp.MustCompile(j.answer).MatchString(body) {
				t.Errorf("%s by %+v: got %s, want %s", c.id, r, body, j.answer)
			}
			writes[i] = strings.Join(writesOf(statements), "\n")
		}
		if writes[0] != writes[1] {
			t.Errorf("%s: Latchwork writes\n%s\nand the twin\n%s", c.id, writes[0], writes[1])
		}
		if changes := c.job == "J2" || c.job == "J3"; changes != (writes[0] != "") {
			t.Errorf("%s: got the writes %q", c.id, writes[0])
		}
		tested[c.job] = true
	}
	for name := range b.jobs {
		if !tested[name] {
			t.Errorf("%s is compared with nothing", name)
		}
	}
}

func TestWritesThatDiffer(t *testing.T) {
	statements := []string{
		"SELECT 1", "BEGIN IMMEDIATE", "UPDATE users SET a = 1", "DELETE FROM sessions WHERE id = ? RETURNING hash", "COMMIT",
	}
	got := strings.Join(writesOf(statements), "; ")
	if want := "UPDATE users SET a = 1; DELETE FROM sessions WHERE id = ?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A run of each kind prints its table.
func TestRunPrintsATable(t *testing.T) {
	b := newBench(t)
	b.names = []string{"J1", "J4", "J2H", "JM"}
	var out bytes.Buffer
	if err := b.run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	_, table, _ := strings.Cut(out.String(), "\n| job |")
	for _, want := range []string{"| J1 session check, a look-up each time | 2 |", "| J4 ten nodes", "| J2 sign-in, Argon2id | 2 |", "| JM sign-ins"} {
		if !strings.Contains(table, "\n"+want) {
			t.Errorf("got the table\n%s\nwant a line that begins with %q", table, want)
		}
	}
}

// What the client cannot take as an answer is an error, not a figure.
func TestWrongAnswersAreErrors(t *testing.T) {
	b := newBench(t)
	p, err := b.hashed(t.Context(), role{Kind: "latchwork"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	wrong := *b.jobs["J1"]
	wrong.request = func(dst []byte, _ uint64) []byte {
		return append(dst, "GET /check HTTP/1.1\r\nHost: localhost\r\nSession: no\r\n\r\n"...)
	}
	l := newLoad(&wrong, p, 1)
	defer l.close()
	if _, err := l.run(time.Second); err == nil || !strings.Contains(err.Error(), "got status 401, want 200") {
		t.Errorf("got %v, want an error about the status 401", err)
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 3}, 3}, {[]float64{4, 1, 3, 2}, 3}} {
		if got := median(test.values); got != test.want {
			t.Errorf("%v: got %v, want %v", test.values, got, test.want)
		}
	}
}
