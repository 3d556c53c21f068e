package main

import (
	"math"
	"slices"
	"time"
)

// summary is what is printed of a distribution.
type summary struct {
	p10, median, p90 time.Duration
}

// summarise needs one time at least.
func summarise(times []time.Duration) summary {
	sorted := slices.Sorted(slices.Values(times))
	return summary{quantile(sorted, 0.1), quantile(sorted, 0.5), quantile(sorted, 0.9)}
}

// quantile lies between the two times nearest to it.
func quantile(sorted []time.Duration, q float64) time.Duration {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + time.Duration((at-float64(i))*float64(sorted[i+1]-sorted[i]))
}

// mannWhitney compares two samples by ranks. Less is the chance that a time of a
// is below one of b, 0.5 where neither tends to be; p is how likely it would be
// as far from 0.5 if both came from one distribution. It takes p from the normal
// distribution, which is right for 20 times and more.
func mannWhitney(a, b []time.Duration) (less, p float64) {
	sorted := slices.Sorted(slices.Values(b))
	below := 0.0
	for _, t := range a {
		from, _ := slices.BinarySearch(sorted, t)
		to, _ := slices.BinarySearch(sorted, t+1)
		below += float64(len(sorted)-to) + float64(to-from)/2
	}
	n, m := float64(len(a)), float64(len(b))
	z := (below - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return below / (n * m), math.Erfc(math.Abs(z) / math.Sqrt2)
}
