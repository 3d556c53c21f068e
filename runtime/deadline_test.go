package runtime

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadline(t *testing.T) {
	type in struct {
		parent context.Context
		stop   context.CancelFunc
		d      *deadline
	}
	for _, test := range []struct {
		name string
		do   func(in)
		want error
	}{
		{"nothing yet", func(in) { time.Sleep(time.Second - 1) }, nil},
		{"its moment", func(in) { time.Sleep(time.Second) }, context.DeadlineExceeded},
		{"its own end", func(i in) { i.d.end() }, context.Canceled},
		{"its own end, then the moment", func(i in) { i.d.end(); time.Sleep(time.Second) }, context.Canceled},
		{"the end of the parent", func(i in) { i.stop() }, context.Canceled},
	} {
		for _, waited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				parent, stop := context.WithCancel(t.Context())
				defer stop()
				d := withDeadline(parent, time.Now().Add(time.Second))
				defer d.end()
				if waited {
					d.Done()
				}
				test.do(in{parent, stop, d})
				synctest.Wait()
				if got := d.Err(); !errors.Is(got, test.want) {
					t.Errorf("%s, waited %t: got %v, want %v", test.name, waited, got, test.want)
				}
				select {
				case <-d.Done():
					if test.want == nil {
						t.Errorf("%s, waited %t: it is done", test.name, waited)
					}
				default:
					if test.want != nil {
						t.Errorf("%s, waited %t: it is not done", test.name, waited)
					}
				}
				if got := d.Err(); !errors.Is(got, test.want) {
					t.Errorf("%s, waited %t, then waited for: got %v, want %v", test.name, waited, got, test.want)
				}
			})
		}
	}
}

// What is derived ends with it, and the earlier moment counts.
func TestDeadlineOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		parent, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		for _, d := range []*deadline{withDeadline(parent, begun.Add(time.Second)), withDeadline(parent, begun.Add(time.Hour))} {
			at, _ := d.Deadline()
			child, cancel := context.WithCancel(d)
			<-child.Done()
			if got := time.Now(); !got.Equal(at) {
				t.Errorf("got the end at %v, want %v", got, at)
			}
			if got := child.Err(); !errors.Is(got, context.DeadlineExceeded) {
				t.Errorf("got %v, want %v", got, context.DeadlineExceeded)
			}
			cancel()
			d.end()
		}
	})
}
