package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// oneLine is a statement without its line breaks.
func oneLine(statement string) string { return strings.Join(strings.Fields(statement), " ") }

// statementsOf runs one request of a job and gives the statements it took, in
// their order, and the answer's body.
func (b *bench) statementsOf(ctx context.Context, j *job, r role) (statements []string, body string, err error) {
	r.Database = filepath.Join(b.dir, "statements.db")
	r.Statements = filepath.Join(b.dir, "statements.sql")
	defer func() { err = errors.Join(err, removeDatabase(r.Database)) }()
	if err := seed(ctx, r.Database, freePrefix+secret, seededSessions); err != nil {
		return nil, "", err
	}
	p, err := start(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	c := &client{address: p.address}
	if err := c.until(time.Now().Add(answerTimeout)); err != nil {
		return nil, "", err
	}
	defer c.close()
	// The first request opens connections; the second is what every later one is.
	var before []byte
	for n := range uint64(2) {
		if before, err = os.ReadFile(r.Statements); err != nil {
			return nil, "", err
		}
		status, err := c.do(j.request(nil, n))
		if err != nil {
			return nil, "", err
		}
		if status != j.status {
			return nil, "", fmt.Errorf("bench: %s by %s: got status %d, want %d: %s", j.name, r.Kind, status, j.status, c.body)
		}
	}
	after, err := os.ReadFile(r.Statements)
	if err != nil {
		return nil, "", err
	}
	return slices.Collect(lines(string(after[len(before):]))), string(c.body), nil
}

func lines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

// writesOf are the statements that change something. What a statement gives
// back is not part of that.
func writesOf(statements []string) []string {
	var writes []string
	for _, s := range statements {
		word, _, _ := strings.Cut(s, " ")
		if slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE"}, word) {
			s, _, _ = strings.Cut(s, " RETURNING ")
			writes = append(writes, s)
		}
	}
	return writes
}

// checkStatements prints what both sides of a comparison ask of the database for
// one request. It is an error if they do not write the same.
func (b *bench) checkStatements(ctx context.Context, w io.Writer, c comparison) error {
	j := b.jobs[c.job]
	ours, _, err := b.statementsOf(ctx, j, c.ours)
	if err != nil {
		return err
	}
	twin, _, err := b.statementsOf(ctx, j, c.twin)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s %s: statements of one request\n", c.id, j.title)
	for _, side := range []struct {
		name       string
		statements []string
	}{{"latchwork", ours}, {"twin", twin}} {
		for _, s := range side.statements {
			fmt.Fprintf(w, "  %-9s  %s\n", side.name, s)
		}
		if len(side.statements) == 0 {
			fmt.Fprintf(w, "  %-9s  none\n", side.name)
		}
	}
	if !slices.Equal(writesOf(ours), writesOf(twin)) {
		return fmt.Errorf("bench: %s: Latchwork and the twin do not write the same", c.id)
	}
	return nil
}
