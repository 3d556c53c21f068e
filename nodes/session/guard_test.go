package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// guarded sends a request to an endpoint that requires a session and, if groups
// are given, one of them.
func guarded(t *testing.T, m *session.Manager, world engine.World, groups string, req *engine.Request) *engine.Answer {
	t.Helper()
	var types engine.Registry
	add(t, &types, end())
	if groups != "" {
		groups = ", groups: [" + groups + "]"
	}
	flow := fmt.Sprintf("version: 1\nflow: f\nendpoints:\n  - {method: GET, path: /, require: session%s}\nnodes:\n  - id: end\n    use: test.end\n", groups)
	c := &engine.Compiler{Types: &types, World: world, Guards: engine.Guards{Session: session.Guard(m)}}
	return serve(t, c, flow, req)
}

// refusal is the status and the code of an error answer; "204" for none.
func refusal(a *engine.Answer) string {
	if a.Fault == nil {
		return fmt.Sprint(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Fault.Status, a.Fault.Errors[0].Code)
}

func TestGuard(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{From: []session.Carrier{
		{Header: "x-session"}, {Cookie: "__Host-session"},
	}}}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	unknown := "lws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	header := func(v string) source { return source{headers: map[string]string{"X-Session": v}} }
	cookie := func(v string) source { return source{cookies: map[string]string{"__Host-session": v}} }
	both := func(h, c string) source { return source{header(h).headers, cookie(c).cookies} }
	for _, test := range []struct {
		name string
		from source
		want string
	}{
		{"nothing", source{}, "401 missing_session_token"},
		{"A-11 empty", both("", ""), "401 missing_session_token"},
		{"header", header(token), "204"},
		{"cookie", cookie(token), "204"},
		{"A-11 unknown", header(unknown), "401 invalid_session_token"},
		{"no bearer", header("Bearer " + token), "401 invalid_session_token"},
		{"a handle opens nothing", header(store.records()[0].ID), "401 invalid_session_token"},
		{"first match wins", both(unknown, token), "401 invalid_session_token"},
		{"first match wins, the other way", both(token, unknown), "204"},
		{"an empty header is none", both("", token), "204"},
		{"another cookie", source{cookies: map[string]string{"session": token}}, "401 missing_session_token"},
		{"another header", source{headers: map[string]string{"Session": token}}, "401 missing_session_token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := request("")
			req.Source = test.from
			if got := refusal(guarded(t, m, now.world(), "", req)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Deleted, expired and unknown sessions, and those of a disabled user, are
// refused alike.
func TestGuardRefusesAlike(t *testing.T) {
	for name, end := range map[string]func(*session.Manager, *memory, *clock, session.Session){
		"deleted": func(m *session.Manager, _ *memory, c *clock, s session.Session) {
			_ = m.Delete(c.context(t), engine.MainRealm, alice, s.ID)
		},
		"R-36 idle": func(_ *session.Manager, _ *memory, c *clock, _ session.Session) { c.add(session.DefaultIdle) },
		"A-07 disabled": func(_ *session.Manager, s *memory, _ *clock, _ session.Session) {
			s.disabled[alice] = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, now := newMemory(), newClock()
			m := &session.Manager{Store: store}
			s := mustOpen(t, m, now.context(t), alice)
			req := request(s.Token.Reveal())
			if got := refusal(guarded(t, m, now.world(), "", req)); got != "204" {
				t.Fatalf("before: got %s", got)
			}
			end(m, store, now, s)
			a := guarded(t, m, now.world(), "", req)
			if got := refusal(a); got != "401 invalid_session_token" {
				t.Errorf("got %s", got)
			}
			if got := a.Fault.Errors[0].Message; got != "The session is not valid." {
				t.Errorf("got message %q", got)
			}
		})
	}
}

func TestGuardGroups(t *testing.T) {
	t.Run("R-58", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		req := request(mustOpen(t, m, now.context(t), alice).Token.Reveal())
		for _, test := range []struct {
			has  []string
			want string
		}{
			{nil, "403 access_denied"},
			{[]string{"guests"}, "403 access_denied"},
			{[]string{"Staff"}, "403 access_denied"},
			{[]string{"staff"}, "204"},
			{[]string{"guests", "admins"}, "204"},
			{[]string{}, "403 access_denied"},
		} {
			store.groups[alice] = test.has
			if got := refusal(guarded(t, m, now.world(), "staff, admins", req)); got != test.want {
				t.Errorf("%v: got %s, want %s", test.has, got, test.want)
			}
		}
		if got := refusal(guarded(t, m, now.world(), "staff", request(""))); got != "401 missing_session_token" {
			t.Errorf("nobody: got %s", got)
		}
	})
}

// A guard that cannot find out refuses.
func TestGuardFailsClosed(t *testing.T) {
	t.Run("R-61", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		req := request(mustOpen(t, m, now.context(t), alice).Token.Reveal())
		store.fail = errors.New("disk on fire")
		a := guarded(t, m, now.world(), "", req)
		if got := refusal(a); got != "500 internal_server_error" || !errors.Is(a.Fault.Cause, store.fail) {
			t.Errorf("got %s, %v", got, a.Fault.Cause)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	now := newClock()
	m := &session.Manager{Store: newMemory()}
	s, err := m.Open(now.context(b), alice, 0)
	if err != nil {
		b.Fatal(err)
	}
	token, ctx := s.Token.Reveal(), now.context(b)
	now.add(30 * time.Second)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Check(ctx, engine.MainRealm, token); err != nil {
			b.Fatal(err)
		}
	}
}
