package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load sends the requests of one job to one server over a number of
// connections, each of which waits for an answer before it sends the next.
type load struct {
	job     *job
	server  *process
	clients []*client
	next    atomic.Uint64 // number of the next request
}

func newLoad(j *job, s *process, connections int) *load {
	l := &load{job: j, server: s}
	for range connections {
		l.clients = append(l.clients, &client{address: s.address})
	}
	return l
}

func (l *load) close() error {
	var errs []error
	for _, c := range l.clients {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// sample is what was counted in a stretch of time.
type sample struct {
	requests  int
	elapsed   time.Duration
	processor time.Duration // of the server's process
	latencies []time.Duration
}

// add appends another stretch.
func (s *sample) add(other sample) {
	s.requests += other.requests
	s.elapsed += other.elapsed
	s.processor += other.processor
	s.latencies = append(s.latencies, other.latencies...)
}

// rate is requests a second.
func (s *sample) rate() float64 { return float64(s.requests) / s.elapsed.Seconds() }

// cost is processor time per request.
func (s *sample) cost() time.Duration { return s.processor / time.Duration(max(s.requests, 1)) }

// quantile is the latency that a share q of the requests did not exceed.
func (s *sample) quantile(q float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s.latencies))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// run loads the server for a time, or until the job has no more requests. It
// returns when the last answer has come.
func (l *load) run(during time.Duration) (sample, error) {
	before, err := l.server.processor()
	if err != nil {
		return sample{}, err
	}
	parts := make([]sample, len(l.clients))
	errs := make([]error, len(l.clients))
	begun := time.Now()
	deadline := begun.Add(during)
	var all sync.WaitGroup
	for i, c := range l.clients {
		all.Go(func() { parts[i], errs[i] = l.drive(c, deadline) })
	}
	all.Wait()
	s := sample{elapsed: time.Since(begun)}
	for _, p := range parts {
		s.add(p)
	}
	after, err := l.server.processor()
	s.processor = after - before
	return s, errors.Join(append(errs, err)...)
}

func (l *load) drive(c *client, deadline time.Time) (sample, error) {
	var s sample
	var request []byte
	if err := c.until(deadline.Add(answerTimeout)); err != nil {
		return s, err
	}
	for begun := time.Now(); begun.Before(deadline); {
		n := l.next.Add(1) - 1
		if l.job.most > 0 && n >= l.job.most {
			return s, nil
		}
		request = l.job.request(request[:0], n)
		status, err := c.do(request)
		if err != nil {
			return s, err
		}
		if status != l.job.status {
			return s, fmt.Errorf("bench: %s request %d: got status %d, want %d: %s", l.job.name, n, status, l.job.status, c.body)
		}
		ended := time.Now()
		s.requests++
		s.latencies = append(s.latencies, ended.Sub(begun))
		begun = ended
	}
	return s, nil
}

// median is the middle of some values, the greater of the two middle ones where
// their number is even.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
