package limit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/limit"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{start.Time()} }

func (c *clock) world() engine.World { return engine.World{Now: func() time.Time { return c.at }} }

const take = `endpoints:
  - {method: POST, path: /, require: none}
input:
  key: {type: string}
nodes:
  - id: once
    use: limit.take
    with:
      key: ${{ input.key }}
      per: 1h
      max: 3
  - id: ok
    use: respond
    with:
      status: 204
`

// counts is how many of n requests are served.
func counts(t *testing.T, serve func(context.Context, flowtest.Flow) *engine.Answer, n int, request flowtest.Flow) int {
	t.Helper()
	served := 0
	for range n {
		switch a := serve(context.Background(), request); a.Status {
		case 204:
			served++
		case 429:
		default:
			t.Fatalf("got %d %s", a.Status, a.Body)
		}
	}
	return served
}

func key(k string) flowtest.Flow { return flowtest.Flow{Body: map[string]any{"key": k}} }

func TestTakeNode(t *testing.T) {
	c, m := newClock(), limit.NewMemory(0)
	serve := flowtest.Flow{Types: limit.Nodes(m), Source: take, World: c.world()}.Server(t)
	for _, k := range []string{"a", "b", ""} {
		if got := counts(t, serve, 5, key(k)); got != 3 {
			t.Errorf("key %q: got %d, want 3", k, got)
		}
	}
	a := serve(context.Background(), key("a"))
	if f := a.Fault; f == nil || f.Status != 429 || f.Errors[0].Code != "rate_limit_exceeded" || f.RetryAfter != 20*time.Minute {
		t.Errorf("got %+v, want 429 with 20 minutes to wait", f)
	}
	if want := `"retryAfter":1200`; !strings.Contains(string(a.Body), want) {
		t.Errorf("got %s, want %s in it", a.Body, want)
	}
	c.at = c.at.Add(20 * time.Minute)
	if got := counts(t, serve, 5, key("a")); got != 1 {
		t.Errorf("after 20 minutes: got %d, want 1", got)
	}
	t.Run("R-59 another realm", func(t *testing.T) {
		request := key("a")
		request.Realm = "other"
		if got := counts(t, serve, 5, request); got != 3 {
			t.Errorf("got %d, want 3", got)
		}
	})
	t.Run("another limit on the same key", func(t *testing.T) {
		other := flowtest.Flow{Types: limit.Nodes(m), World: c.world(), Source: strings.Replace(take, "max: 3", "max: 4", 1)}.Server(t)
		if got := counts(t, other, 5, key("a")); got != 4 {
			t.Errorf("got %d, want 4", got)
		}
	})
	t.Run("the same limit elsewhere", func(t *testing.T) {
		other := flowtest.Flow{Types: limit.Nodes(m), World: c.world(), Source: take}.Server(t)
		if got := counts(t, other, 5, key("a")); got != 0 {
			t.Errorf("got %d, want 0: the same key shares it", got)
		}
	})
}

func TestTakeNodeIsLiteral(t *testing.T) {
	for _, change := range [][2]string{{"max: 3", "max: 0"}, {"max: 3", "max: -1"}, {"max: 3", "max: ${{ 3 }}"}, {"per: 1h", "per: ${{ input.key }}"}, {"per: 1h", "per: soon"}} {
		if diags := (flowtest.Flow{Types: limit.Nodes(limit.NewMemory(0)), Source: strings.Replace(take, change[0], change[1], 1)}).Load(t); len(diags) == 0 {
			t.Errorf("%s: got no diagnostics", change[1])
		}
	}
}

// rated is a flow whose endpoint has a rate.
func rated(method, path string) string {
	return fmt.Sprintf("endpoints:\n  - {method: %s, path: %s, require: none, rate: {max: 3, per: 1m}}\nnodes:\n  - id: ok\n    use: respond\n    with:\n      status: 204\n", method, path)
}

func TestGuard(t *testing.T) {
	c, m := newClock(), limit.NewMemory(0)
	server := func(source string) func(context.Context, flowtest.Flow) *engine.Answer {
		return flowtest.Flow{Rate: limit.Guard(m), Source: source, World: c.world()}.Server(t)
	}
	serve := server(rated("POST", "/sign-in"))
	from := func(ip string) flowtest.Flow { return flowtest.Flow{IP: ip} }
	if got := counts(t, serve, 5, from("203.0.113.7")); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
	a := serve(context.Background(), from("203.0.113.7"))
	if f := a.Fault; f == nil || f.Status != 429 || f.Errors[0].Code != "rate_limit_exceeded" || f.RetryAfter != 20*time.Second {
		t.Errorf("got %+v, want 429 with 20 seconds to wait", f)
	}
	tests := []struct {
		name  string
		serve func(context.Context, flowtest.Flow) *engine.Answer
		from  flowtest.Flow
		want  int
	}{
		{"another address", serve, from("203.0.113.8"), 3},
		{"IPv6", serve, from("2001:db8:1:2::1"), 3},
		{"R-18 A-24 another address of the same /64", serve, from("2001:db8:1:2:ffff::9"), 0},
		{"another /64", serve, from("2001:db8:1:3::1"), 3},
		{"the IPv4 address in IPv6", serve, from("::ffff:203.0.113.7"), 0},
		{"no address", serve, from(""), 3},
		{"R-61 another that is none", serve, from("?"), 0},
		{"R-59 another realm", serve, flowtest.Flow{IP: "203.0.113.7", Realm: "other"}, 3},
		{"another endpoint", server(rated("POST", "/sign-up")), from("203.0.113.7"), 3},
		{"another method", server(rated("GET", "/sign-in")), from("203.0.113.7"), 3},
		{"the same endpoint after a reload", server(rated("POST", "/sign-in")), from("203.0.113.7"), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := counts(t, tt.serve, 5, tt.from); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
	c.at = c.at.Add(time.Minute)
	if got := counts(t, serve, 5, from("203.0.113.7")); got != 3 {
		t.Errorf("after a minute: got %d, want 3", got)
	}
}

// No two lists of parts give one key, whatever somebody puts into a part.
func TestKeysDoNotMeet(t *testing.T) {
	seen := map[string][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"a", "b"}, {"ab"}, {"ab", ""}, {"", "ab"}, {"1:a", "b"}, {"a1:b"}, {"a", "1:b"}, {"a\x00b"}, {"a", "\x00b"}} {
		k := limit.Join(parts...)
		if other, known := seen[k]; known {
			t.Errorf("A-33: %q and %q have one key", parts, other)
		}
		seen[k] = parts
	}
}

// broken is a store that knows nothing.
type broken struct{}

func (broken) Take(context.Context, string, int, time.Duration, engine.Instant) (time.Duration, error) {
	return 0, errors.New("limit: the store is gone")
}

// Where nobody can count, nobody passes.
func TestBrokenStore(t *testing.T) {
	t.Run("R-61 guard.rate", func(t *testing.T) {
		a := flowtest.Flow{Rate: limit.Guard(broken{}), Source: rated("POST", "/")}.Run(context.Background(), t)
		if a.Status != 500 {
			t.Errorf("got %d, want 500", a.Status)
		}
	})
	t.Run("R-61 limit.take", func(t *testing.T) {
		a := flowtest.Flow{Types: limit.Nodes(broken{}), Source: take, Body: map[string]any{"key": "a"}}.Run(context.Background(), t)
		if a.Status != 500 {
			t.Errorf("got %d, want 500", a.Status)
		}
	})
}

func TestExamples(t *testing.T) {
	types := limit.Nodes(limit.NewMemory(0))
	for _, n := range types {
		if diags := flowtest.Example(n, types).Load(t); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
