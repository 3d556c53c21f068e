package main

import (
	"math"
	"testing"
	"time"
)

func times(ms ...int) []time.Duration {
	var all []time.Duration
	for _, n := range ms {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	return all
}

func TestSummarise(t *testing.T) {
	got := summarise(times(50, 10, 30, 20, 40))
	if want := (summary{14 * time.Millisecond, 30 * time.Millisecond, 46 * time.Millisecond}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMannWhitney(t *testing.T) {
	tests := map[string]struct {
		a, b    []time.Duration
		less, p float64
	}{
		"alike":   {times(1, 2, 3, 4), times(1, 2, 3, 4), 0.5, 1},
		"below":   {times(1, 2, 3, 4), times(5, 6, 7, 8), 1, 0.021},
		"above":   {times(5, 6, 7, 8), times(1, 2, 3, 4), 0, 0.021},
		"between": {times(1, 3, 5, 7), times(2, 4, 6, 8), 0.625, 0.564},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			less, p := mannWhitney(tt.a, tt.b)
			if math.Abs(less-tt.less) > 0.001 || math.Abs(p-tt.p) > 0.001 {
				t.Errorf("got %.3f, %.3f, want %.3f, %.3f", less, p, tt.less, tt.p)
			}
		})
	}
}
