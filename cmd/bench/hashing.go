package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/latchwork/latchwork/runtime"
)

// hashed starts a server with real hashes, in a database of its own.
func (b *bench) hashed(ctx context.Context, r role) (*process, error) {
	hasher, err := runtime.DefaultConfig().Password.Argon2id()
	if err != nil {
		return nil, err
	}
	encoded, err := hasher.Hash(ctx, secret)
	if err != nil {
		return nil, err
	}
	r.Database = filepath.Join(b.dir, "hashed-"+r.Kind+".db")
	if err := removeDatabase(r.Database); err != nil {
		return nil, err
	}
	if err := seed(ctx, r.Database, encoded, seededSessions); err != nil {
		return nil, err
	}
	if b.cpuprofile != "" {
		r.CPUProfile = b.cpuprofile + "-hashed-" + r.Kind + ".pprof"
	}
	return start(r)
}

// hashSlice is how long it is one server's turn: some hundred hashes.
const hashSlice = time.Second

// signIns compares sign-ins with what the hash alone allows, which is what a
// server does that checks a password and nothing else, and with those of the twin.
func (b *bench) signIns(ctx context.Context) (rows []row, err error) {
	var servers []*process
	for _, begin := range []func() (*process, error){
		func() (*process, error) { return b.hashed(ctx, role{Kind: "latchwork"}) },
		func() (*process, error) { return b.hashed(ctx, role{Kind: "twin", Grouped: true}) },
		func() (*process, error) { return start(role{Kind: "hash"}) },
	} {
		var p *process
		if p, err = begin(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, p.stop()) }()
		servers = append(servers, p)
	}
	for _, connections := range b.connections {
		var sides []side
		for _, p := range servers {
			l := newLoad(b.jobs["J2"], p, connections)
			defer l.close()
			sides = append(sides, l.run)
		}
		done := make([][]sample, len(sides))
		for range b.rounds {
			round, err := b.alternate(ctx, hashSlice, sides...)
			if err != nil {
				return nil, err
			}
			for i := range done {
				done[i] = append(done[i], round[i])
			}
		}
		rows = append(rows, signInRows(connections, done[0], done[1], done[2])...)
	}
	return rows, nil
}

func signInRows(connections int, ours, twin, hash []sample) []row {
	const title = "J2 sign-in, Argon2id"
	by := func(other []sample) []float64 {
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = ours[i].rate() / other[i].rate()
		}
		return ratios
	}
	var tails []float64
	for i := range ours {
		tails = append(tails, float64(ours[i].p99())/float64(ours[i].p50()))
	}
	base := row{job: title, connections: fmt.Sprint(connections), ours: figures(ours), target: "≥ 0.97"}
	alone, beside := base, base
	alone.other = "the hash alone: " + figures(hash)
	alone.ratio, alone.ok = spread(by(hash)), median(by(hash)) >= .97
	beside.other = "twin: " + figures(twin)
	beside.ratio, beside.ok = spread(by(twin)), median(by(twin)) >= .97
	tail := row{
		job: title + ": p99", connections: base.connections, ours: short(medianOf(ours, (*sample).p99)),
		other: "p50: " + short(medianOf(ours, (*sample).p50)), ratio: spread(tails), target: "none", ok: true,
	}
	if connections >= 64 {
		tail.target, tail.ok = "≤ 1.15", median(tails) <= 1.15
	}
	return []row{alone, beside, tail}
}

// How sessions are checked while others sign in.
const (
	checksASecond    = 200
	checkConnections = 8
	signInsAtOnce    = 16
)

// paced sends requests at a steady rate. One that is due while the answer to
// the one before is still awaited counts as waiting from then on.
func (l *load) paced(during time.Duration, rate int) (sample, error) {
	parts := make([]sample, len(l.clients))
	errs := make([]error, len(l.clients))
	begun := time.Now()
	interval := time.Second / time.Duration(rate)
	var all sync.WaitGroup
	for i, c := range l.clients {
		all.Go(func() {
			step := interval * time.Duration(len(l.clients))
			for due := begun.Add(interval * time.Duration(i)); due.Before(begun.Add(during)); due = due.Add(step) {
				from := due
				if wait := time.Until(due); wait > 0 {
					time.Sleep(wait)
					from = time.Now() // that this program woke up late is not the server's fault
				}
				if errs[i] = c.until(from.Add(answerTimeout)); errs[i] != nil {
					return
				}
				status, err := c.do(l.job.request(nil, l.next.Add(1)))
				if err == nil && status != l.job.status {
					err = fmt.Errorf("bench: %s: got status %d, want %d: %s", l.job.name, status, l.job.status, c.body)
				}
				if errs[i] = err; err != nil {
					return
				}
				parts[i].requests++
				parts[i].latencies = append(parts[i].latencies, time.Since(from))
			}
		})
	}
	all.Wait()
	s := sample{elapsed: time.Since(begun)}
	for _, p := range parts {
		s.add(p)
	}
	return s, errors.Join(errs...)
}

// mixed checks sessions at a steady rate while others sign in without pause.
func (b *bench) mixed(ctx context.Context) (rows []row, err error) {
	p, err := b.hashed(ctx, role{Kind: "latchwork"})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	checks := newLoad(b.jobs["J1"], p, checkConnections)
	defer checks.close()
	signIns := newLoad(b.jobs["J2"], p, signInsAtOnce)
	defer signIns.close()
	var idle, busy, lone, beside []sample
	var tails, rates []float64
	for range b.rounds {
		i, err := checks.paced(b.seconds, checksASecond)
		if err != nil {
			return nil, err
		}
		l, err := signIns.run(b.seconds)
		if err != nil {
			return nil, err
		}
		var together sync.WaitGroup
		var c, s sample
		var errs [2]error
		together.Go(func() { c, errs[0] = checks.paced(b.seconds, checksASecond) })
		together.Go(func() { s, errs[1] = signIns.run(b.seconds) })
		together.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		idle, lone, busy, beside = append(idle, i), append(lone, l), append(busy, c), append(beside, s)
		tails = append(tails, float64(c.p99())/float64(i.p99()))
		rates = append(rates, s.rate()/l.rate())
	}
	tail := medianOf(busy, (*sample).p99)
	return []row{
		{
			job: "JM p99 of 200 session checks a second while 16 sign in", connections: "8 + 16", ours: short(tail),
			other: "nobody signs in: " + short(medianOf(idle, (*sample).p99)), ratio: spread(tails), target: "≤ 10 ms and ≤ 3",
			ok: tail <= 10*time.Millisecond && median(tails) <= 3,
		}, {
			job: "JM sign-ins meanwhile", connections: "8 + 16", ours: fmt.Sprintf("%.1f/s", medianOf(beside, (*sample).rate)),
			other: fmt.Sprintf("alone: %.1f/s", medianOf(lone, (*sample).rate)), ratio: spread(rates), target: "≥ 0.90", ok: median(rates) >= .90,
		},
	}, nil
}
