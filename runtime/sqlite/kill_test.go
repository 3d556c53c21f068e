package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// killedPath, where set, makes the test binary the process that is killed: it
// writes to that file until then.
const killedPath = "LATCHWORK_TEST_KILLED_PATH"

// killedFirst is the number of its first session.
const killedFirst = "LATCHWORK_TEST_KILLED_FIRST"

// peekPath, where set, makes the test binary a process that looks into that
// file as any program with SQLite would.
const peekPath = "LATCHWORK_TEST_PEEK_PATH"

func TestMain(m *testing.M) {
	if path := os.Getenv(peekPath); path != "" {
		if err := peek(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(killedPath); path != "" {
		if err := writeUntilKilled(path, os.Getenv(killedFirst)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func peek(path string) error {
	c, err := dial(path, Config{})
	if err != nil {
		return err
	}
	err = c.run("PRAGMA busy_timeout=0; SELECT count(*) FROM users")
	return errors.Join(err, c.close())
}

// writeUntilKilled opens and ends sessions in several goroutines and says on
// standard output what it is about to do and what was answered.
func writeUntilKilled(path, first string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Config{})
	if err != nil {
		return err
	}
	start, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return err
	}
	var number atomic.Int64
	number.Store(start)
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				n := number.Add(1)
				r := killedSession(n)
				if _, err := db.Sessions().Create(ctx, "main", r, session.Limit{}); err != nil {
					failed <- err
					return
				}
				fmt.Println("opened", n)
				if n%4 != 0 {
					continue
				}
				fmt.Println("ending", n)
				if _, err := db.Sessions().Delete(ctx, "main", r.UserID, session.Selection{ID: r.ID}); err != nil {
					failed <- err
					return
				}
				fmt.Println("ended", n)
			}
		}()
	}
	return <-failed
}

func killedSession(n int64) session.Record {
	return session.Record{
		ID: fmt.Sprintf("%024x", n), Hash: session.HashToken(fmt.Sprint(n)), UserID: usertest.ID(1), IdleEnd: 1 << 50,
	}
}

// A process is killed in the middle of its writes, again and again. What it
// had been told is there afterwards, and what it had ended stays ended.
func TestKilledProcessLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := Open(t.Context(), path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Users().Create(t.Context(), "main", usertest.New(1), ""), db.Close()); err != nil {
		t.Fatal(err)
	}
	said := make(map[int64]string) // the last word on each session
	for round := range 20 {
		first := int64(round) * 1_000_000
		runUntilKilled(t, path, first, 100+rand.IntN(900), said)
		checkKilled(t, path, said)
	}
	if len(said) < 20*50 {
		t.Errorf("got %d sessions in all, too few to prove anything", len(said))
	}
}

// runUntilKilled starts a process that writes, kills it when it has said a
// number of lines, and reads what it said until its end.
func runUntilKilled(t *testing.T, path string, first int64, lines int, said map[int64]string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), killedPath+"="+path, killedFirst+"="+fmt.Sprint(first))
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	count := 0
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		var word string
		var n int64
		if _, err := fmt.Sscan(scanner.Text(), &word, &n); err != nil {
			t.Fatalf("line %q: %v", scanner.Text(), err)
		}
		said[n] = word
		if count++; count != lines {
			continue
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := command.Wait(); err == nil || count < lines {
		t.Fatalf("the process ended by itself: %v\n%s", err, stderr.String())
	}
}

func checkKilled(t *testing.T, path string, said map[int64]string) {
	t.Helper()
	db, err := Open(t.Context(), path, Config{})
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	for n, word := range said {
		_, err := db.Sessions().Find(t.Context(), "main", killedSession(n).Hash)
		switch {
		case err != nil && !errors.Is(err, session.ErrNotFound):
			t.Fatal(err)
		case word == "opened" && err != nil:
			t.Errorf("session %d was answered and is lost", n)
		case word == "ended" && err == nil:
			t.Errorf("session %d was ended and is back", n)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
