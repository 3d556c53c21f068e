package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// row is a line of the table at the end.
type row struct {
	job, connections, ours, other, ratio, target string
	ok                                           bool
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "MISSED"
}

func writeTable(w io.Writer, rows []row) {
	fmt.Fprint(w, "\n| job | connections | Latchwork | beside it | ratio, median (min–max) | target | |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", r.job, r.connections, r.ours, r.other, r.ratio, r.target, verdict(r.ok))
	}
}

// spread is the median of ratios, and how far they lie apart.
func spread(ratios []float64) string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

// medianOf is the median of one figure of all rounds.
func medianOf[T int | float64 | time.Duration](samples []sample, figure func(*sample) T) T {
	values := make([]T, len(samples))
	for i := range samples {
		values[i] = figure(&samples[i])
	}
	return median(values)
}

func (s *sample) p50() time.Duration { return s.quantile(.50) }
func (s *sample) p99() time.Duration { return s.quantile(.99) }

func thousands(x float64) string {
	text := fmt.Sprint(int64(math.Round(x)))
	if len(text) <= 3 {
		return text
	}
	return text[:len(text)-3] + "," + text[len(text)-3:]
}

// figures are the medians of one side.
func figures(samples []sample) string {
	return fmt.Sprintf("%s/s, p50 %s, p99 %s, %s", thousands(medianOf(samples, (*sample).rate)),
		short(medianOf(samples, (*sample).p50)), short(medianOf(samples, (*sample).p99)), short(medianOf(samples, (*sample).cost)))
}

func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
}

func (o *outcome) title(j *job) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s, %s", o.job, j.title, o.note), ", ")
}

// rows are the outcome's lines of the table.
func (o *outcome) rows(j *job) []row {
	connections := fmt.Sprint(o.connections)
	rate := row{
		job: o.title(j), connections: connections, ours: figures(o.ours), other: "twin: " + figures(o.twin),
		ratio: spread(o.ratios), target: fmt.Sprintf("≥ %.2f", o.rate), ok: median(o.ratios) >= o.rate,
	}
	cost := row{
		job: o.title(j) + ": processor time", connections: connections,
		ours: short(medianOf(o.ours, (*sample).cost)), other: "twin: " + short(medianOf(o.twin, (*sample).cost)), ratio: spread(o.costs),
		target: "none", ok: true,
	}
	if o.cost > 0 {
		cost.target, cost.ok = fmt.Sprintf("≤ %.2f", o.cost), median(o.costs) <= o.cost
	}
	return []row{rate, cost}
}
