// Command bench compares Latchwork with a program that does the same by hand,
// its twin: both run side by side, in processes of their own, and are asked for
// the same over HTTP in turns. The ratios carry over from machine to machine;
// the figures beside them are those of the machine at that moment.
//
//	go run ./cmd/bench
//	go run ./cmd/bench -jobs J1,J4 -rounds 3 -seconds 2s
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if served() {
		return
	}
	b := bench{jobs: jobs()}
	var names, connections string
	flag.StringVar(&names, "jobs", "J1,J1C,J2,J3,J4,J2H,JM,START", "which jobs to run")
	flag.IntVar(&b.rounds, "rounds", 5, "how often each is run")
	flag.DurationVar(&b.seconds, "seconds", 5*time.Second, "how long each side runs in a round")
	flag.StringVar(&connections, "connections", "16,64", "at how many connections")
	flag.StringVar(&b.cpuprofile, "cpuprofile", "", "begin of the names of files for processor profiles of both sides")
	flag.StringVar(&b.dir, "dir", "", "folder for the databases (default a temporary one)")
	flag.Parse()
	b.names = strings.Split(names, ",")
	for text := range strings.SplitSeq(connections, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "bench: -connections takes numbers, not %q\n", text)
			os.Exit(2)
		}
		b.connections = append(b.connections, n)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the program.
type bench struct {
	names       []string // of jobs
	connections []int
	rounds      int
	seconds     time.Duration
	cpuprofile  string
	dir         string // for databases
	jobs        map[string]*job
}

func (b *bench) run(ctx context.Context, w io.Writer) (err error) {
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "latchwork-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	rows, err := b.compareAll(ctx, w)
	if err != nil {
		return err
	}
	for _, more := range []struct {
		name string
		run  func(context.Context) ([]row, error)
	}{{"J2H", b.signIns}, {"JM", b.mixed}, {"START", b.footprint}} {
		if !slices.Contains(b.names, more.name) {
			continue
		}
		measured, err := more.run(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, b.print(w, measured)...)
	}
	writeTable(w, rows)
	return nil
}

// compareAll runs the comparisons with the twin.
func (b *bench) compareAll(ctx context.Context, w io.Writer) (rows []row, err error) {
	said := map[string]bool{}
	for _, c := range comparisons(b.connections) {
		if !slices.Contains(b.names, c.id) {
			continue
		}
		if !said[c.id] {
			said[c.id] = true
			if err := b.checkStatements(ctx, w, c); err != nil {
				return nil, err
			}
		}
		o, err := b.compare(ctx, c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, b.print(w, o.rows(b.jobs[c.job]))...)
	}
	return rows, nil
}

// print shows rows as soon as they are measured.
func (b *bench) print(w io.Writer, rows []row) []row {
	for _, r := range rows {
		fmt.Fprintf(w, "%s: %s; %s; %s, target %s: %s\n", strings.Join([]string{r.job, r.connections}, ", "), r.ours, r.other, r.ratio, r.target, verdict(r.ok))
	}
	return rows
}
