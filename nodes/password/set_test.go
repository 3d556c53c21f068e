package password_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/user"
)

const next = "wandering albatross lanterns"

// userGet is user.get over people.
func userGet() engine.NodeType {
	types := user.Nodes(user.Deps{Store: people{}})
	return types[slices.IndexFunc(types, func(n engine.NodeType) bool { return n.Name() == "user.get" })]
}

func (b *bench) set(t *testing.T, with map[string]any) enginetest.Result {
	t.Helper()
	if with["userId"] == nil {
		with["userId"] = adaID
	}
	return enginetest.Node{Type: b.node("password.set"), With: with, Proved: []string{"userId"}, World: b.world(), Standard: true}.Run(context.Background(), t)
}

func TestSet(t *testing.T) {
	const own = flowtest.SessionID
	tests := []struct {
		name, source string
		want         set
		ended        bool // the cookie of the session is to be cleared
	}{
		{"by default the others end", change, set{password.EndOthers, own, begin}, false},
		{"R-41 the others", ending(change, "others"), set{password.EndOthers, own, begin}, false},
		{"all", ending(change, "all"), set{password.EndAll, own, begin}, true},
		{"none", ending(change, "none"), set{password.EndNone, own, begin}, false},
		{"the others of none are all", ending(reset, "others"), set{password.EndOthers, "", begin}, false},
		{"all, without one of its own", reset, set{password.EndAll, "", begin}, false},
		{"the session of somebody else is not one of its own", strings.Replace(ending(reset, "others"), "require: none", "require: session", 1),
			set{password.EndOthers, "", begin}, false},
	}
	for _, tt := range tests {
		t.Run("R-08 "+tt.name, func(t *testing.T) {
			b := newBench()
			a := b.server(t, tt.source)(map[string]any{"old": right, "password": next, "userId": bobID, "token": "lwt_x"})
			if a.Status != 204 {
				t.Fatalf("got %d %s", a.Status, a.Body)
			}
			userID := adaID
			if strings.Contains(tt.source, "test.redeem") {
				userID = bobID
			}
			if got := b.store.of(userID); got != "new:"+next {
				t.Errorf("got %q stored", got)
			}
			if diff := cmp.Diff([]set{tt.want}, b.store.sets); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			notice := b.store.notice
			notice.Body = nil
			if want := (outbox.Entry{Realm: engine.MainRealm, Kind: outbox.Mail, UserID: userID, Created: begin, Due: begin}); !cmp.Equal(notice, want) {
				t.Errorf("R-29: got the notice %+v, want %+v", notice, want)
			}
			if a.Ended != tt.ended {
				t.Errorf("got ended %t, want %t", a.Ended, tt.ended)
			}
		})
	}
	t.Run("for a user who has none yet", func(t *testing.T) {
		b := newBench()
		want(t, b.set(t, map[string]any{"userId": bobID, "password": next}), "changed")
	})
	t.Run("for nobody", func(t *testing.T) {
		b := newBench()
		wantFail(t, b.set(t, map[string]any{"userId": "eee0eee0eee0eee0eee0eee0", "password": next}), 404, "user_not_found")
	})
}

// Weak passwords are refused, and nothing has changed.
func TestWeak(t *testing.T) {
	tests := []struct {
		name, password string
		words          []string
		want           []string
	}{
		{"R-01 short", "albatross-14ch", nil, []string{"too_short"}},
		{"R-05 common", "password12345678", nil, []string{"common"}},
		{"R-07 made of the user's name", "zebedeus-zebedeus", []string{"Zebedeus"}, []string{"context"}},
		{"R-07 made of the service's name", "latchwork-latchwork", nil, []string{"context"}},
		{"R-02 longer than what is taken", strings.Repeat("albatross ", 103), nil, []string{"too_long"}},
	}
	for _, tt := range tests {
		t.Run(tt.name+": password.set", func(t *testing.T) {
			b := newBench()
			b.words = tt.words
			r := b.set(t, map[string]any{"password": tt.password})
			wantReasons(t, r, tt.want)
			if b.store.of(adaID) != "new:"+right || len(b.store.sets) != 0 {
				t.Error("the password was set")
			}
			b.wantWork(t, counts{})
		})
		t.Run(tt.name+": password.policy", func(t *testing.T) {
			b := newBench()
			with := map[string]any{"password": tt.password}
			if tt.words != nil {
				with["context"] = tt.words
			}
			wantReasons(t, enginetest.Node{Type: b.node("password.policy"), With: with, Standard: true}.Run(context.Background(), t), tt.want)
		})
		t.Run(tt.name+": on sign-up", func(t *testing.T) {
			i := password.Intake{Hasher: &quick{}, Service: []string{"Latchwork"}}
			hash, reasons, err := i.Accept(t.Context(), engine.NewSecret(tt.password), tt.words)
			if diff := cmp.Diff(tt.want, reasons); diff != "" || hash != "" || err != nil {
				t.Errorf("got %q, %v: -want +got\n%s", hash, err, diff)
			}
		})
	}
	for name, text := range map[string]string{
		"R-01 fifteen characters": "albatross-15chr", "R-03 no digits, no capitals": "wandering albatross",
		"R-03 emoji": strings.Repeat("🦜🌵🎻", 5), "R-02 200 characters": strings.Repeat("albatross ", 20),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			want(t, enginetest.Node{Type: b.node("password.policy"), With: map[string]any{"password": text}, Standard: true}.Run(context.Background(), t), "strong")
			want(t, b.set(t, map[string]any{"password": text}), "changed")
		})
	}
}

func wantReasons(t *testing.T, r enginetest.Result, reasons []string) {
	t.Helper()
	want(t, r, "weak")
	if expected := `{"reasons":["` + strings.Join(reasons, `","`) + `"]}`; string(r.Outputs) != expected {
		t.Errorf("got %s, want %s", r.Outputs, expected)
	}
}

func TestSetFails(t *testing.T) {
	b := newBench()
	b.hasher.err = &password.BusyError{RetryAfter: 2 * time.Second}
	wantFail(t, b.set(t, map[string]any{"password": next}), 503, "overloaded")
	b.hasher.err = nil
	b.store.broken = errors.New("disk full")
	wantFail(t, b.set(t, map[string]any{"password": next}), 500, "internal_server_error")
}

func TestSetWithoutTheWords(t *testing.T) {
	b := newBench()
	d := password.Deps{Store: b.store, Tries: b.tries, Intake: password.Intake{Hasher: b.hasher},
		Words: func(context.Context, string, string) ([]string, error) { return nil, errors.New("disk: bad sector") }}
	types := password.Nodes(d)
	n := types[slices.IndexFunc(types, func(n engine.NodeType) bool { return n.Name() == "password.set" })]
	r := enginetest.Node{Type: n, With: map[string]any{"userId": adaID, "password": next}, Proved: []string{"userId"}, Standard: true}.Run(t.Context(), t)
	wantFail(t, r, 500, "internal_server_error")
	if len(b.store.sets) != 0 {
		t.Error("R-07: the password was set")
	}
}

// Who was locked out and has a new password by mail can sign in with it.
func TestSetForgives(t *testing.T) {
	b := newBench()
	for range 10 {
		b.check(t, adaID, "wrong")
	}
	want(t, b.set(t, map[string]any{"password": next}), "changed")
	want(t, b.check(t, adaID, next), "match")
}

const change = `endpoints:
  - {method: POST, path: /password, require: session}
input:
  old: {type: string, secret: true}
  password: {type: string, secret: true}
nodes:
  - id: check
    use: password.check
    with:
      userId: ${{ session.userId }}
      password: ${{ input.old }}
    next: {mismatch: reject}
  - id: changed
    use: password.set
    with:
      userId: ${{ session.userId }}
      password: ${{ input.password }}
  - id: ok
    use: respond
    with:
      status: 204
  - id: reject
    use: fail
    with:
      status: 401
      code: invalid_credentials
      message: The old password is wrong.
`

const reset = `endpoints:
  - {method: POST, path: /reset, require: none}
input:
  userId: {type: string}
  token: {type: string, secret: true}
  password: {type: string, secret: true}
nodes:
  - id: link
    use: test.redeem
    with:
      userId: ${{ input.userId }}
      token: ${{ input.token }}
  - id: changed
    use: password.set
    with:
      userId: ${{ input.userId }}
      password: ${{ input.password }}
      endSessions: all
  - id: ok
    use: respond
    with:
      status: 204
`

func TestChange(t *testing.T) {
	b := newBench()
	serve := b.server(t, change)
	if a := serve(map[string]any{"old": "wrong", "password": next}); a.Status != 401 || b.store.of(adaID) != "new:"+right {
		t.Errorf("R-08: got %d with a wrong password, and %q stored", a.Status, b.store.of(adaID))
	}
	if a := serve(map[string]any{"old": right, "password": next}); a.Status != 204 || b.store.of(adaID) != "new:"+next {
		t.Errorf("got %d, and %q stored", a.Status, b.store.of(adaID))
	}
	if a := serve(map[string]any{"old": next, "password": "short"}); a.Status != 422 || a.Fault.Errors[0].Code != "password_rejected" {
		t.Errorf("got %d %s, want 422", a.Status, a.Body)
	}
}

// ending is a flow with which sessions its password.set ends.
func ending(source, which string) string {
	source = strings.Replace(source, "      endSessions: all\n", "", 1)
	return strings.Replace(source, "      password: ${{ input.password }}\n", "      password: ${{ input.password }}\n      endSessions: "+which+"\n", 1)
}

func TestReset(t *testing.T) {
	b := newBench()
	if a := b.server(t, reset)(map[string]any{"userId": adaID, "token": "lwt_x", "password": next}); a.Status != 204 || b.store.of(adaID) != "new:"+next {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// Without a credential that was checked in the run no password is set.
func TestSetNeedsAFreshProof(t *testing.T) {
	for name, cut := range map[string][2]string{
		"R-08 R-49 a session alone": {change[strings.Index(change, "  - id: check"):strings.Index(change, "  - id: changed")], ""},
		"R-08 another user's proof": {"userId: ${{ session.userId }}\n      password: ${{ input.password }}", "userId: ${{ input.old }}\n      password: ${{ input.password }}"},
		"A-03 the wrong way":        {"next: {mismatch: reject}", "next: {mismatch: changed}"},
		"A-03 an error as the way":  {"next: {mismatch: reject}", "next: {mismatch: reject, error: changed}"},
	} {
		t.Run(name, func(t *testing.T) {
			source := strings.Replace(change, cut[0], cut[1], 1)
			if source == change {
				t.Fatal("the flow was not changed")
			}
			if diags := (flowtest.Flow{Types: newBench().types(), Source: source}).Load(t); len(diags) == 0 {
				t.Error("got no diagnostics")
			}
		})
	}
}

// endSessions is one of three, and written in the flow.
func TestEndSessionsIsLiteral(t *testing.T) {
	for _, value := range []string{"some", "ALL", `""`, "${{ input.userId }}"} {
		source := strings.Replace(reset, "endSessions: all", "endSessions: "+value, 1)
		if diags := (flowtest.Flow{Types: newBench().types(), Source: source}).Load(t); len(diags) == 0 {
			t.Errorf("%s: got no diagnostics", value)
		}
	}
}

func TestExamples(t *testing.T) {
	types := newBench().types()
	for _, n := range types {
		if n.Name() == "test.redeem" {
			continue
		}
		if diags := flowtest.Example(n, types).Load(t); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
