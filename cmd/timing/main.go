// Command timing shows that neither the answer to a sign-in nor its time tells
// whether an address has an account, or in what state.
//
//	go run ./cmd/timing [-samples 300]
//
// It starts a server with the flows of the quickstart, sends failing sign-ins of
// all kinds in turn, one at a time, and compares the answers byte by byte and
// the distributions of their times. It ends with 1 where answers differ, or the
// medians of times do by 5 % or more. Run it on an idle machine: whatever else
// runs widens the distributions, though for all kinds alike.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/latchwork/latchwork/cmd"
)

// serverVariable, where set, makes this program the command line of Latchwork.
const serverVariable = "LATCHWORK_TIMING_SERVER"

// maxSamples bounds how many sign-ins of each kind are sent.
const maxSamples = 5000

func main() {
	if os.Getenv(serverVariable) != "" {
		cmd.Main()
	}
	p := plan{rounds: 10}
	flag.IntVar(&p.samples, "samples", 300, "sign-ins of each kind, at most 5000")
	flag.StringVar(&p.flows, "flows", "examples/quickstart", "folder with the flows")
	flag.DurationVar(&p.within, "within", 15*time.Minute, "time after which what was measured so far is shown")
	flag.Parse()
	if flag.NArg() > 0 || p.samples < 2 || p.samples > maxSamples {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := measure(ctx, p)
	if err == nil {
		err = r.print(os.Stdout)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "timing:", err)
		os.Exit(1)
	}
}

// maxGap is how much medians may differ, as a part of the one compared with.
const maxGap = 0.05

// print writes what was measured, and returns an error where it tells kinds
// apart.
func (r *result) print(w io.Writer) error {
	base := summarise(r.kinds[0].times)
	fmt.Fprintf(w, "%-24s %8s %9s %9s %9s %8s %8s %8s\n", "sign-in", "samples", "p10 ms", "median", "p90 ms", "gap", "P(less)", "p value")
	worst := 0.0
	for i, k := range r.kinds {
		s := summarise(k.times)
		fmt.Fprintf(w, "%-24s %8d %9.2f %9.2f %9.2f", k.name, len(k.times), ms(s.p10), ms(s.median), ms(s.p90))
		if i > 0 {
			gap := float64(s.median-base.median) / float64(base.median)
			worst = max(worst, gap, -gap)
			less, p := mannWhitney(k.times, r.kinds[0].times)
			fmt.Fprintf(w, " %+7.2f%% %8.3f %8.3f", 100*gap, less, p)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nGaps are of medians, to the first line. P(less) is how often a time is below one of\nthe first line, 0.5 if they are alike; the p value is that of Mann and Whitney.\n")

	err := r.different()
	if err == nil {
		fmt.Fprintf(w, "Status, header and body are the same, byte by byte, in all %d answers.\n", r.answers)
	}
	if worst >= maxGap {
		return errors.Join(err, fmt.Errorf("a median differs by %.1f %%, which is not under %.0f %%", 100*worst, 100*maxGap))
	}
	fmt.Fprintf(w, "The largest gap is %.2f %%, under %.0f %%.\n", 100*worst, 100*maxGap)
	return err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
