package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/latchwork/latchwork/nodes/password"
)

// right is the password of all users who have one; wrong is what is sent.
const (
	right = "seven violet teapots"
	wrong = "eight violet teapots"
)

// An account is not signed in to so often that its tries are used up, unless
// that is what is measured.
const (
	triesEach = 5
	triesLock = 12
)

// kind is a kind of sign-in that fails.
type kind struct {
	name     string
	accounts int // how many take turns
	answers  map[string]int
	times    []time.Duration
}

// result is what was measured of each kind, the first of which the others are
// compared with.
type result struct {
	kinds   []*kind
	answers int
}

// What the accounts of a kind are.
const (
	known    = "wrong password"
	unknown  = "unknown address"
	without  = "user without password"
	imported = "imported bcrypt hash"
	disabled = "disabled user"
	locked   = "locked user"
)

// plan says what is measured.
type plan struct {
	flows   string // folder
	samples int    // of each kind
	rounds  int    // base-2 logarithm of those of imported hashes
	within  time.Duration
}

// measure sends as many sign-ins of each kind as are planned, or as fit into the
// time.
func measure(ctx context.Context, p plan) (_ *result, err error) {
	each := p.samples/triesEach + 1
	r := &result{}
	for _, name := range []string{known, unknown, without, imported, disabled, locked} {
		k := &kind{name: name, accounts: each, answers: map[string]int{}}
		if name == locked {
			k.accounts = 1
		}
		r.kinds = append(r.kinds, k)
	}
	users, err := r.users(ctx, p.rounds)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "latchwork-timing-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := startApplication(ctx, dir, p.flows, users)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.stop()) }()
	c := &caller{application: a}
	if err := r.prepare(ctx, c); err != nil {
		return nil, err
	}
	return r, r.send(ctx, c, p.samples, time.Now().Add(p.within))
}

// users are the lines of an import.
func (r *result) users(ctx context.Context, rounds int) (string, error) {
	hasher, err := password.NewArgon2id(password.Params{})
	if err != nil {
		return "", err
	}
	own, err := hasher.Hash(ctx, right)
	if err != nil {
		return "", err
	}
	foreign, err := bcrypt.GenerateFromPassword([]byte(right), rounds)
	if err != nil {
		return "", err
	}
	hashes := map[string]string{known: own, imported: string(foreign), disabled: own, locked: own}
	var lines strings.Builder
	for _, k := range r.kinds {
		if k.name == unknown {
			continue
		}
		for i := range k.accounts {
			line, err := json.Marshal(map[string]string{"email": k.address(i), "passwordHash": hashes[k.name]})
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&lines, "%s\n", line)
		}
	}
	return lines.String(), nil
}

// address is the same length for all kinds.
func (k *kind) address(i int) string {
	name := strings.ReplaceAll(k.name, " ", "-")
	return fmt.Sprintf("%s%04d@example.com", name+strings.Repeat("x", 24-len(name)), i)
}

// prepare brings accounts into their states, and the server into its usual one.
func (r *result) prepare(ctx context.Context, c *caller) error {
	for _, k := range r.kinds {
		switch k.name {
		case disabled:
			for i := range k.accounts {
				if _, err := latchwork(ctx, c.dir, "", "user", "disable", k.address(i)); err != nil {
					return err
				}
			}
		case locked:
			for range triesLock {
				if _, _, err := c.signIn(ctx, k.address(0), wrong); err != nil {
					return err
				}
			}
			// It is locked only if the right password does not help either.
			if answer, _, err := c.signIn(ctx, k.address(0), right); err != nil || !strings.HasPrefix(answer, "401 ") {
				return errors.Join(err, fmt.Errorf("%s is not locked after %d tries: %s", k.address(0), triesLock, answer))
			}
		}
	}
	return nil
}

// send sends sign-ins of all kinds in turn, in each round in another order.
func (r *result) send(ctx context.Context, c *caller, n int, end time.Time) error {
	order := slices.Clone(r.kinds)
	for i := range n {
		if i > 1 && time.Now().After(end) {
			return nil
		}
		rand.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, k := range order {
			answer, took, err := c.signIn(ctx, k.address(i%k.accounts), wrong)
			if err != nil {
				return err
			}
			k.answers[answer]++
			k.times = append(k.times, took)
			r.answers++
		}
	}
	return nil
}

// different says where an answer is not the same as all others.
func (r *result) different() error {
	var want string
	for answer := range r.kinds[0].answers {
		want = answer
	}
	var errs []error
	for _, k := range r.kinds {
		for answer, n := range k.answers {
			if answer != want {
				errs = append(errs, fmt.Errorf("%d answers to %s differ from one to %s:\n%s\nand not\n%s", n, k.name, r.kinds[0].name, answer, want))
			}
		}
	}
	return errors.Join(errs...)
}

// caller sends sign-ins, one at a time.
type caller struct {
	*application
	sent int
}

// signIn returns the whole answer but for its time and id, and how long it took.
func (c *caller) signIn(ctx context.Context, email, password string) (string, time.Duration, error) {
	c.sent++
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		return "", 0, err
	}
	r, err := http.NewRequestWithContext(ctx, "POST", c.url+"/sign-in", bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Authorization", c.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.%d.%d.%d", 18+c.sent>>16, c.sent>>8&255, c.sent&255))
	start := time.Now()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", 0, err
	}
	text, err := io.ReadAll(answer.Body)
	took := time.Since(start)
	answer.Body.Close()
	if err != nil {
		return "", 0, err
	}
	answer.Header.Del("Date")
	answer.Header.Del("X-Request-Id")
	var b strings.Builder
	fmt.Fprintln(&b, answer.Status)
	if err := answer.Header.Write(&b); err != nil {
		return "", 0, err
	}
	fmt.Fprintf(&b, "\n%s", text)
	return b.String(), took, nil
}
