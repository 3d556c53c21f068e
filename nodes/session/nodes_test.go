package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/session"
)

// node runs a node type of the group for Alice, who is proved.
func node(t *testing.T, m *session.Manager, c *clock, name string, with map[string]any, req *engine.Request) enginetest.Result {
	t.Helper()
	for _, typ := range session.Nodes(m) {
		if typ.Name() != name {
			continue
		}
		n := enginetest.Node{Type: typ, With: with, World: c.world(), Request: req, Standard: true}
		if with["userId"] != nil {
			n.Proved = []string{"userId"}
		}
		return n.Run(t.Context(), t)
	}
	t.Fatalf("there is no %s", name)
	return enginetest.Result{}
}

// outputs are those of a result, by name.
func outputs(t *testing.T, r enginetest.Result) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.Outputs, &m); err != nil {
		t.Fatalf("%v: %s", err, r.Outputs)
	}
	return m
}

func wantOutcome(t *testing.T, r enginetest.Result, want string) {
	t.Helper()
	if r.Outcome != want {
		t.Fatalf("got %s (%d %s %v), want %s", r.Outcome, r.Status, r.Code, r.Err, want)
	}
}

func TestRegistry(t *testing.T) {
	var r engine.Registry
	m := &session.Manager{}
	if err := r.AddStandard(append(session.Nodes(m), session.Guard(m))...); err != nil {
		t.Fatal(err)
	}
	want := []string{"guard.session", "session.create", "session.current", "session.delete", "session.deleteAll",
		"session.get", "session.list", "session.raise", "session.update"}
	if diff := cmp.Diff(want, r.Names()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCreateNode(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{Limit: session.LimitConfig{Max: 1}}}
	with := map[string]any{"userId": alice, "groups": []string{"beta"}, "note": "desk 3"}
	r := node(t, m, now, "session.create", with, request(""))
	wantOutcome(t, r, "created")
	got := outputs(t, r)
	if !tokenForm.MatchString(got["token"].(string)) || got["userId"] != alice || got["level"] != 1.0 || got["actor"] != nil {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]any{"beta"}, got["accessGroupKeys"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := store.records()[0].Note; got != "desk 3" {
		t.Errorf("got note %q", got)
	}

	r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request(""))
	wantOutcome(t, r, "limited")
	if diff := cmp.Diff(map[string]any{"active": 1.0, "max": 1.0}, outputs(t, r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	// the session that the request came with makes room.
	r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request(got["token"].(string)))
	wantOutcome(t, r, "created")

	m.Factors = enrolled{factors: []string{"totp"}}
	r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request(""))
	wantOutcome(t, r, "secondFactor")
	if diff := cmp.Diff(map[string]any{"factors": []any{"totp"}}, outputs(t, r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	m.Factors, m.Config.RequireFactors = nil, true
	r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request(""))
	wantOutcome(t, r, "secondFactor")
	if diff := cmp.Diff(map[string]any{"factors": []any{}}, outputs(t, r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	m.Config = session.Config{}
	store.disabled[alice] = true
	r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request(""))
	if r.Status != 403 || r.Code != "user_disabled" {
		t.Errorf("got %d %s, want 403 user_disabled", r.Status, r.Code)
	}
	for err, want := range map[error]string{session.ErrChanged: "password_changed", session.ErrFactors: "factor_changed", session.ErrOrigin: "session_ended", session.ErrChallenge: "invalid_challenge"} {
		store.fail = err
		if r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request("")); r.Code != want {
			t.Errorf("%v: got %d %s, want %s", err, r.Status, r.Code, want)
		}
	}
	store.fail = errors.New("disk on fire")
	if r = node(t, m, now, "session.create", map[string]any{"userId": alice}, request("")); r.Status != 500 {
		t.Errorf("got %d, want 500", r.Status)
	}
}

// Every type that acts for a user is refused by the loader without a proof.
func TestNodesNeedProof(t *testing.T) {
	for _, name := range []string{"create", "get", "update", "list", "delete", "deleteAll", "raise"} {
		t.Run("A-02 "+name, func(t *testing.T) {
			with := map[string]any{"userId": alice}
			if name == "get" || name == "update" || name == "delete" || name == "raise" {
				with["id"] = bob
			}
			for _, typ := range session.Nodes(&session.Manager{Store: newMemory()}) {
				if typ.Name() != "session."+name {
					continue
				}
				n := enginetest.Node{Type: typ, With: with, Standard: true}
				if got := n.Refused(t); len(got) != 1 || got[0].Code != "unproved" {
					t.Errorf("got %v, want unproved", got)
				}
			}
		})
	}
}

func TestCurrentNode(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	r := node(t, m, now, "session.current", nil, request(token))
	wantOutcome(t, r, "present")
	if got := outputs(t, r); got["userId"] != alice || got["token"] != "" {
		t.Errorf("got %v", got)
	}
	wantOutcome(t, node(t, m, now, "session.current", nil, request("")), "absent")
	wantOutcome(t, node(t, m, now, "session.current", nil, request("lws_x")), "absent")
	store.fail = errors.New("disk on fire")
	wantOutcome(t, node(t, m, now, "session.current", nil, request(token)), "error")
}

// users see and change their own sessions, and another's handle is as
// unknown as one that nobody has.
func TestOwnSessions(t *testing.T) {
	t.Run("R-42", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		mine := mustOpen(t, m, now.context(t), alice)
		now.add(time.Second)
		other := mustOpen(t, m, now.context(t), alice)
		foreign := mustOpen(t, m, now.context(t), bob)

		r := node(t, m, now, "session.list", map[string]any{"userId": alice}, request(""))
		list := outputs(t, r)
		if list["count"] != 2.0 {
			t.Errorf("got %v sessions, want 2", list["count"])
		}
		if first := list["sessions"].([]any)[0].(map[string]any); first["id"] != other.ID {
			t.Errorf("got %v first, want the most recently used", first["id"])
		}
		if strings.Contains(string(r.Outputs), "token") || strings.Contains(string(r.Outputs), "lws_") {
			t.Errorf("a list holds tokens: %s", r.Outputs)
		}

		for _, id := range []string{foreign.ID, "0123456789abcdef01234567", "x", ""} {
			with := map[string]any{"userId": alice, "id": id}
			if id != "" { // empty text is not set, and the loader wants an id
				wantOutcome(t, node(t, m, now, "session.get", with, request("")), "notFound")
				wantOutcome(t, node(t, m, now, "session.update", with, request("")), "notFound")
				wantOutcome(t, node(t, m, now, "session.raise", with, request("")), "foreign")
				wantOutcome(t, node(t, m, now, "session.delete", with, request("")), "notFound")
			}
			if err := m.Delete(now.context(t), engine.MainRealm, alice, id); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("delete %q: got %v, want %v", id, err, session.ErrNotFound)
			}
		}
		wantCheck(t, m, now, foreign.Token.Reveal(), nil)

		r = node(t, m, now, "session.get", map[string]any{"userId": alice, "id": mine.ID}, request(""))
		wantOutcome(t, r, "found")
		if got := outputs(t, r); got["id"] != mine.ID || got["token"] != "" {
			t.Errorf("got %v", got)
		}
		with := map[string]any{"userId": alice, "id": mine.ID, "data": map[string]any{"theme": "dark"}, "groups": []string{"beta"}}
		r = node(t, m, now, "session.update", with, request(""))
		wantOutcome(t, r, "updated")
		s := wantCheck(t, m, now, mine.Token.Reveal(), nil)
		if diff := cmp.Diff(map[string]any{"theme": "dark"}, s.Data); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"beta"}, s.AccessGroupKeys); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		r = node(t, m, now, "session.update", map[string]any{"userId": alice, "id": mine.ID, "groups": []string{}}, request(""))
		wantOutcome(t, r, "updated")
		if s := wantCheck(t, m, now, mine.Token.Reveal(), nil); len(s.AccessGroupKeys) != 0 || s.Data["theme"] != "dark" {
			t.Errorf("got %v, %v", s.AccessGroupKeys, s.Data)
		}
	})
}

// raising gives a new token and the factors proved; the old token is dead.
func TestRaise(t *testing.T) {
	t.Run("R-34", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		old := mustOpen(t, m, now.context(t), alice)
		if old.Level != 1 {
			t.Fatalf("got level %d, want 1", old.Level)
		}
		now.add(time.Hour)
		r := node(t, m, now, "session.raise", map[string]any{"userId": alice, "id": old.ID}, request(old.Token.Reveal()))
		wantOutcome(t, r, "raised")
		token := outputs(t, r)["token"].(string)
		wantCheck(t, m, now, old.Token.Reveal(), session.ErrInvalid)
		s := wantCheck(t, m, now, token, nil)
		if s.ID != old.ID || s.Level != 2 || s.CreationDtm != old.CreationDtm {
			t.Errorf("got %s, level %d, made %v", s.ID, s.Level, s.CreationDtm)
		}
		r = node(t, m, now, "session.raise", map[string]any{"userId": alice, "id": old.ID}, request(token))
		if got := outputs(t, r)["token"]; got == token {
			t.Error("the token came twice")
		}
	})
	// A password alone leads to no session in which another factor was proved.
	t.Run("R-26 came with it", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		mine, other, foreign := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), bob)
		for _, token := range []string{"", "lws_x", other.Token.Reveal(), foreign.Token.Reveal()} {
			r := node(t, m, now, "session.raise", map[string]any{"userId": alice, "id": mine.ID}, request(token))
			wantOutcome(t, r, "foreign")
		}
		for _, s := range []session.Session{mine, other, foreign} {
			wantCheck(t, m, now, s.Token.Reveal(), nil)
		}
	})
	t.Run("A-02 proof", func(t *testing.T) {
		for _, p := range []proving{{}, {as: []string{"live"}}, {as: []string{"mailed"}}, {as: []string{"reset"}}, {as: []string{"address"}}, {delegated: true}} {
			m := &session.Manager{Store: newMemory()}
			s := mustOpen(t, m, t.Context(), alice)
			p.user = alice
			p.run(t, func(ctx context.Context, proof engine.Proof) {
				if _, err := m.Raise(ctx, proof, s.ID, s.Token.Reveal()); !errors.Is(err, session.ErrUnproved) {
					t.Errorf("%+v: got %v, want %v", p, err, session.ErrUnproved)
				}
			})
			if _, err := m.Check(t.Context(), engine.MainRealm, s.Token.Reveal()); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("whoever stands in stays at level 0", func(t *testing.T) {
		m := &session.Manager{Store: newMemory()}
		s, err := create(t, m, proving{delegated: true}, session.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		proving{user: alice, as: []string{"password", "totp"}}.run(t, func(ctx context.Context, proof engine.Proof) {
			raised, err := m.Raise(ctx, proof, s.ID, s.Token.Reveal())
			if err != nil || raised.Level != 0 || raised.Actor == nil {
				t.Errorf("got level %d, actor %v, %v", raised.Level, raised.Actor, err)
			}
		})
	})
}

// Ending a session takes its handle or its token. The host is told where the
// session that the request came with is over, and only there.
func TestDeleteNode(t *testing.T) {
	for _, test := range []struct {
		name  string
		id    func(mine, other, foreign session.Session) string
		want  string
		ended bool
	}{
		{"own handle", func(mine, _, _ session.Session) string { return mine.ID }, "deleted", true},
		{"own token", func(mine, _, _ session.Session) string { return mine.Token.Reveal() }, "deleted", true},
		{"R-42 another of mine", func(_, other, _ session.Session) string { return other.ID }, "deleted", false},
		{"R-42 another of mine by token", func(_, other, _ session.Session) string { return other.Token.Reveal() }, "deleted", false},
		{"R-42 another's handle", func(_, _, foreign session.Session) string { return foreign.ID }, "notFound", false},
		{"R-42 another's token", func(_, _, foreign session.Session) string { return foreign.Token.Reveal() }, "foreign", false},
		{"unknown token", func(_, _, _ session.Session) string { return "lws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, "notFound", false},
		{"no such thing", func(_, _, _ session.Session) string { return "1 or 1=1" }, "notFound", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, now := newMemory(), newClock()
			m := &session.Manager{Store: store}
			mine, other, foreign := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), bob)
			with := map[string]any{"userId": alice, "id": test.id(mine, other, foreign)}
			r := node(t, m, now, "session.delete", with, request(mine.Token.Reveal()))
			wantOutcome(t, r, test.want)
			if r.Answer.Ended != test.ended {
				t.Errorf("got ended %v, want %v", r.Answer.Ended, test.ended)
			}
			wantCheck(t, m, now, foreign.Token.Reveal(), nil)
			want := 3
			if test.want == "deleted" {
				want = 2
			}
			if got := len(store.records()); got != want {
				t.Errorf("got %d sessions left, want %d", got, want)
			}
			if test.want != "deleted" {
				return
			}
			// Whoever is late finds nothing.
			wantOutcome(t, node(t, m, now, "session.delete", with, request("")), "notFound")
		})
	}
}

func TestDeleteAllNode(t *testing.T) {
	for _, test := range []struct {
		name   string
		except func(mine, other session.Session) string
		count  float64
		ended  bool
	}{
		{"R-43 all", nil, 2, true},
		{"R-42 all but the current one", func(mine, _ session.Session) string { return mine.ID }, 1, false},
		{"all but another", func(_, other session.Session) string { return other.ID }, 1, true},
		{"all but one that is none", func(_, _ session.Session) string { return "x" }, 2, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := newClock()
			m := &session.Manager{Store: newMemory()}
			mine, other, foreign := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), bob)
			with := map[string]any{"userId": alice}
			if test.except != nil {
				with["except"] = test.except(mine, other)
			}
			r := node(t, m, now, "session.deleteAll", with, request(mine.Token.Reveal()))
			wantOutcome(t, r, "deleted")
			if got := outputs(t, r)["count"]; got != test.count || r.Answer.Ended != test.ended {
				t.Errorf("got %v, ended %v, want %v, %v", got, r.Answer.Ended, test.count, test.ended)
			}
			wantCheck(t, m, now, foreign.Token.Reveal(), nil)
		})
	}
}

// A token of another user's session that is over tells nothing of it.
func TestDeleteForeignDead(t *testing.T) {
	now := newClock()
	m := &session.Manager{Store: newMemory()}
	token := mustOpen(t, m, now.context(t), bob).Token.Reveal()
	now.add(session.DefaultIdle)
	if err := m.Delete(now.context(t), engine.MainRealm, alice, token); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("got %v, want %v", err, session.ErrNotFound)
	}
}

// The host clears the cookie of a session that idled out, too.
func TestEndOfDeadSession(t *testing.T) {
	now := newClock()
	m := &session.Manager{Store: newMemory()}
	old := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	now.add(session.DefaultIdle)
	s := mustOpen(t, m, now.context(t), alice)
	r := node(t, m, now, "session.delete", map[string]any{"userId": alice, "id": s.ID}, request(old))
	wantOutcome(t, r, "deleted")
	if !r.Answer.Ended {
		t.Error("the host is not told")
	}
}

// a store that could not delete is no success.
func TestDeleteFails(t *testing.T) {
	t.Run("A-34", func(t *testing.T) {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		s := mustOpen(t, m, now.context(t), alice)
		store.fail = errors.New("disk on fire")
		wantOutcome(t, node(t, m, now, "session.delete", map[string]any{"userId": alice, "id": s.ID}, request("")), "error")
		wantOutcome(t, node(t, m, now, "session.deleteAll", map[string]any{"userId": alice}, request("")), "error")
	})
}
