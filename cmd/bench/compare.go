package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// comparison is one job over a number of connections, by Latchwork and by a
// form of the twin.
type comparison struct {
	id          string // as -jobs names it
	job         string
	note        string
	connections int
	ours, twin  role

	rate float64 // of the twin's that Latchwork must reach
	cost float64 // of the twin's processor time that it may use; 0 for any
}

func comparisons(connections []int) []comparison {
	const cached = 4 * seededSessions
	ours, twin := role{Kind: "latchwork", Free: true}, role{Kind: "twin", Free: true}
	withCache := func(r role) role { r.Cache = cached; return r }
	grouped := twin
	grouped.Grouped = true
	var all []comparison
	for _, n := range connections {
		all = append(all, comparison{id: "J1", job: "J1", note: "a look-up each time", connections: n, ours: ours, twin: twin, rate: .90, cost: 1.15})
	}
	for _, n := range connections {
		all = append(all, comparison{id: "J1C", job: "J1", note: "session cache", connections: n, ours: withCache(ours), twin: withCache(twin), rate: .90})
	}
	all = append(all,
		comparison{id: "J2", job: "J2", note: "hash cost 0, FULL, plain twin", connections: 1, ours: ours, twin: twin, rate: .90},
		comparison{id: "J2", job: "J2", note: "hash cost 0, FULL, twin groups commits", connections: 64, ours: ours, twin: grouped, rate: .85},
		comparison{id: "J3", job: "J3", note: "FULL, plain twin", connections: 1, ours: ours, twin: twin, rate: .90},
		comparison{id: "J3", job: "J3", note: "FULL, twin groups commits", connections: 64, ours: ours, twin: grouped, rate: .85},
	)
	for _, n := range connections {
		all = append(all, comparison{id: "J4", job: "J4", connections: n, ours: ours, twin: twin, rate: .90})
	}
	return all
}

// outcome is what a comparison gave, by rounds.
type outcome struct {
	comparison
	ours, twin []sample
	ratios     []float64 // of throughput
	costs      []float64 // ratios of processor time per request
}

// slice is how long one server runs before it is the other's turn. It is short,
// so that both see the same of what else the machine does.
const slice = 200 * time.Millisecond

// compare runs a comparison. Each round has new processes and a new database.
func (b *bench) compare(ctx context.Context, c comparison) (*outcome, error) {
	o := &outcome{comparison: c}
	template := filepath.Join(b.dir, c.job+".db")
	if _, err := os.Stat(template); err != nil {
		if err := seed(ctx, template, freePrefix+secret, b.jobs[c.job].sessions); err != nil {
			return nil, fmt.Errorf("bench: seed: %w", err)
		}
	}
	for range b.rounds {
		ours, twin, err := b.round(ctx, c, template)
		if err != nil {
			return nil, err
		}
		o.ours, o.twin = append(o.ours, ours), append(o.twin, twin)
		o.ratios = append(o.ratios, ours.rate()/twin.rate())
		o.costs = append(o.costs, float64(ours.cost())/float64(max(twin.cost(), 1)))
	}
	return o, nil
}

func (b *bench) round(ctx context.Context, c comparison, template string) (ours, twin sample, err error) {
	if b.cpuprofile != "" {
		c.ours.CPUProfile = fmt.Sprintf("%s-%s-%d.pprof", b.cpuprofile, c.id, c.connections)
		c.twin.CPUProfile = fmt.Sprintf("%s-%s-%d-twin.pprof", b.cpuprofile, c.id, c.connections)
	}
	loads := make([]*load, 2)
	for i, r := range []role{c.ours, c.twin} {
		r.Database = filepath.Join(b.dir, fmt.Sprintf("side%d.db", i))
		if err := copyFile(template, r.Database); err != nil {
			return ours, twin, err
		}
		p, err := start(r)
		if err != nil {
			return ours, twin, err
		}
		defer func() { err = errors.Join(err, p.stop(), removeDatabase(r.Database)) }()
		l := newLoad(b.jobs[c.job], p, c.connections)
		defer l.close()
		loads[i] = l
		if _, err := l.run(slice); err != nil { // warms up
			return ours, twin, err
		}
	}
	both, err := b.alternate(ctx, slice, loads[0].run, loads[1].run)
	if err != nil {
		return ours, twin, err
	}
	return both[0], both[1], nil
}

// side does its work for a time.
type side func(during time.Duration) (sample, error)

// alternate is what each side does in the time of a round, in turns of a slice.
func (b *bench) alternate(ctx context.Context, slice time.Duration, sides ...side) ([]sample, error) {
	done := make([]sample, len(sides))
	for n := range max(1, int(b.seconds/slice)) {
		for i := range sides {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// Who begins changes from slice to slice.
			i = (i + n) % len(sides)
			s, err := sides[i](min(slice, b.seconds))
			if err != nil {
				return nil, err
			}
			done[i].add(s)
		}
	}
	return done, nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// removeDatabase removes a database and what SQLite and the lock have left
// beside it.
func removeDatabase(path string) error {
	beside, err := filepath.Glob(path + "*")
	for _, name := range beside {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
