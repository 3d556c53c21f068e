package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/flows"
)

// The types of a small world in which runs are looked at from inside.
type (
	seenWith struct {
		UserID *string `flow:"userId,optional" needs:"session"`
	}
	seenOut struct {
		Done Outcome[None] `flow:"done"`
	}
	provedWith struct {
		UserID string `flow:"userId"`
		Code   Secret `flow:"code,evidence"`
	}
	provedOut struct {
		Match Outcome[None] `flow:"match" proves:"with.userId" factor:"code"`
	}
	guardWith struct {
		Groups []string `flow:"groups,optional,literal"`
		Scope  *string  `flow:"scope,optional,literal"`
	}
	liveOut struct {
		Passed Outcome[struct {
			ID     string `flow:"id"`
			UserID string `flow:"userId"`
		}] `flow:"passed" proves:"userId" grade:"session" session:"id"`
	}
	keyOut struct {
		Passed Outcome[struct {
			ID string `flow:"id"`
		}] `flow:"passed"`
	}
)

// seen is a node that looks around in its run, behind a code that proves.
func seen(t *testing.T, look func(ctx context.Context, in seenWith) error, more ...NodeType) *Compiler {
	t.Helper()
	var types Registry
	err := types.AddStandard(append(more,
		Define("test.check", "Proves.", func(_ context.Context, _ provedWith, out provedOut) (Exit, error) {
			return out.Match.Exit(None{}), nil
		}),
		Define("test.look", "Looks around.", func(ctx context.Context, in seenWith, out seenOut) (Exit, error) {
			return out.Done.Exit(None{}), look(ctx, in)
		}),
		Define("respond", "Answers.", func(ctx context.Context, _ struct{}, _ struct{}) (Exit, error) {
			AnswerOf(ctx).Status = 200
			return Exit{}, nil
		}, Answers),
		Define("lose", "Begins to answer, and fails.", func(ctx context.Context, _ struct{}, _ struct{}) (Exit, error) {
			a := AnswerOf(ctx)
			a.Status, a.Body, a.Session = 200, []byte("lws_"), NewSecret("lws_")
			return Exit{}, errors.New("the session was not written down")
		}, Answers),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return &Compiler{Types: &types, Guards: Guards{
		Session: Define("guard.session", "Lets pass.", func(_ context.Context, _ guardWith, out liveOut) (Exit, error) {
			return out.Passed.Exit(struct {
				ID     string `flow:"id"`
				UserID string `flow:"userId"`
			}{"s1", "staff"}), nil
		}, ReadsRequest),
		Key: Define("guard.key", "Lets pass.", func(_ context.Context, _ guardWith, out keyOut) (Exit, error) {
			return out.Passed.Exit(struct {
				ID string `flow:"id"`
			}{"k1"}), nil
		}, ReadsRequest),
	}}
}

// program compiles a flow behind one endpoint.
func program(t *testing.T, c *Compiler, endpoint, nodes string) *Program {
	t.Helper()
	f, diags := flows.Parse("f.yaml", []byte("version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, "+endpoint+
		"}\ninput:\n  id:   {type: string}\n  code: {type: string, secret: true}\nnodes:\n"+nodes))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	b, diags := c.Compile(&App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return b.Programs[0]
}

// answered runs a program for the user with the id.
func answered(ctx context.Context, p *Program, id string) *Answer {
	var a Answer
	p.Run(ctx, &Request{ID: "r1", IP: "192.0.2.1", Source: lockSource{id: id}}, &a)
	return &a
}

const (
	codeNodes = "  - id: check\n    use: test.check\n    with:\n      userId: ${{ input.id }}\n      code: ${{ input.code }}\n"
	lookNode  = "  - id: look\n    use: test.look\n"
	okNode    = "  - id: ok\n    use: respond\n"
)

// An optional user may be left out, and then nobody is acted for. An empty id is
// not left out.
func TestSecondLockOfAnOptionalUser(t *testing.T) {
	for _, c := range []struct {
		name, with string
		id         string
		status     int
	}{
		{"a user who is proved", "    with:\n      userId: ${{ input.id }}\n", "u1", 200},
		{"null", "    with:\n      userId: null\n", "u1", 200},
		{"an empty id", "    with:\n      userId: ${{ input.id }}\n", "", 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			looked := 0
			p := program(t, seen(t, func(context.Context, seenWith) error { looked++; return nil }), "require: none", codeNodes+lookNode+c.with+okNode)
			for _, s := range p.steps {
				if s.id == "check" && c.id == "" {
					s.claims = slices.Clone(s.claims) // which are those of its type
					spec := *s.claims[0].spec
					spec.proves = "" // the first lock is picked
					s.claims[0].spec = &spec
				}
			}
			if a := answered(t.Context(), p, c.id); a.Status != c.status || (looked > 0) != (c.status == 200) {
				t.Errorf("got %d and looked %d times, want %d", a.Status, looked, c.status)
			}
		})
	}
}

// Where a flow lifts the rule, the run knows who stands in for the user, and for
// nobody stands in nobody.
func TestDelegatedProof(t *testing.T) {
	const lifted = "    allow: {unproved: a test}\n    with:\n      userId: ${{ input.id }}\n"
	for _, c := range []struct{ endpoint, id, actor string }{
		{"require: session, groups: [staff]", "u1", "user:staff"},
		{"require: apikey, scope: manage", "u1", "key:k1"},
		{"require: session, groups: [staff]", "", ""},
		{"require: apikey, scope: manage", "", ""},
	} {
		t.Run(c.endpoint+" "+c.id, func(t *testing.T) {
			looked := false
			p := program(t, seen(t, func(ctx context.Context, _ seenWith) error {
				looked = true
				proof, ok := ProofOf(ctx, SubjectUser, c.id)
				if !ok || proof.Actor() != c.actor || !proof.IsDelegated() || proof.Session() != "" {
					t.Errorf("got %+v, want a delegated proof by %s", proof, c.actor)
				}
				return nil
			}), c.endpoint, lookNode+lifted+okNode)
			want := 200
			if c.id == "" {
				want = 500
			}
			if a := answered(t.Context(), p, c.id); a.Status != want || looked != (want == 200) {
				t.Errorf("got %d and looked %t, want %d", a.Status, looked, want)
			}
		})
	}
}

// A proof says by what it was made: the factor, and the session of a guard.
func TestProofSaysByWhat(t *testing.T) {
	p := program(t, seen(t, func(ctx context.Context, _ seenWith) error {
		live, _ := ProofOf(ctx, SubjectUser, "staff")
		if live.Grade() != Live || live.Session() != "s1" || len(live.Factors()) > 0 {
			t.Errorf("got %+v, want a proof by the session s1", live)
		}
		fresh, _ := ProofOf(ctx, SubjectUser, "u1")
		if fresh.Grade() != Fresh || fresh.Session() != "" || !slices.Equal(fresh.Factors(), []Factor{"code"}) {
			t.Errorf("got %+v, want a proof by a code", fresh)
		}
		if !Checked(ctx, "u1", "other", "code") || Checked(ctx, "u1", "other") || Checked(ctx, "staff", "code") || Checked(ctx, "", "code") {
			t.Error("got another user, or another factor, that this run has checked, or not the one that it has")
		}
		return nil
	}), "require: session", codeNodes+lookNode+okNode)
	if a := answered(t.Context(), p, "u1"); a.Status != 200 {
		t.Errorf("got %d, want 200", a.Status)
	}
}

// an empty value is nobody, and proves nothing: the run fails at once,
// whether or not a node behind asks for the proof.
func TestEmptyProofFails(t *testing.T) {
	p := program(t, seen(t, nil), "require: none", codeNodes+okNode)
	for id, want := range map[string]int{"u1": 200, "": 500} {
		if a := answered(t.Context(), p, id); a.Status != want {
			t.Errorf("%q: got %d, want %d", id, a.Status, want)
		}
	}
}

// ProofOf is about that subject and that value only, is never about nobody, has
// all that was proved of it, and is no better than its best part. Reset is apart.
func TestProofOf(t *testing.T) {
	user := func(value string, g Grade, session string, factors ...Factor) Proof {
		return Proof{subject: SubjectUser, value: value, grade: g, session: session, factors: factors}
	}
	for _, c := range []struct {
		name   string
		proofs []Proof
		value  string
		want   Proof
	}{
		{"none", nil, "u1", Proof{}},
		{"of another user", []Proof{user("u2", Fresh, "s2", "password")}, "u1", Proof{}},
		{"of another subject", []Proof{{subject: SubjectAddress, value: "u1", grade: Fresh}}, "u1", Proof{}},
		{"of nobody", []Proof{user("", Fresh, "s1", "password")}, "", Proof{}},
		{"beside another user's", []Proof{user("u1", Live, "s1"), user("u2", Fresh, "s2", "password")}, "u1", user("u1", Live, "s1")},
		{"the better one last", []Proof{user("u1", Live, "s1"), user("u1", Fresh, "", "password")}, "u1", user("u1", Fresh, "s1", "password")},
		{"the better one first", []Proof{user("u1", Fresh, "", "password"), user("u1", Live, "s1")}, "u1", user("u1", Fresh, "s1", "password")},
		{"all factors, once", []Proof{user("u1", Fresh, "", "totp"), user("u1", Fresh, "", "password"), user("u1", Fresh, "", "totp")}, "u1", user("u1", Fresh, "", "password", "totp")},
		{"a reset token beside a session", []Proof{user("u1", Reset, ""), user("u1", Live, "s1")}, "u1", user("u1", Reset, "s1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := (&Run{proofs: c.proofs}).proofOf(SubjectUser, c.value)
			if ok != (c.want.value != "") {
				t.Errorf("got %t, want %t", ok, !ok)
			}
			if !ok {
				return // what is not there is nothing to look at
			}
			if got.value != c.want.value || got.grade != c.want.grade || got.session != c.want.session || !slices.Equal(got.factors, c.want.factors) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// A node sees the request only if the registry has admitted it as a reader, and
// the answer only if it answers.
func TestNodesSeeNoRequest(t *testing.T) {
	reads := Define("test.read", "Reads.", func(ctx context.Context, _ struct{}, out seenOut) (Exit, error) {
		if RequestOf(ctx) == nil {
			t.Error("got no request for a type that reads it")
		}
		return out.Done.Exit(None{}), nil
	}, ReadsRequest)
	p := program(t, seen(t, func(ctx context.Context, _ seenWith) error {
		if RequestOf(ctx) != nil {
			t.Error("got the request, want none for a type that does not read it")
		}
		if AnswerOf(ctx) != nil {
			t.Error("got the answer, want none for a type that does not answer")
		}
		return nil
	}, reads), "require: none", "  - id: read\n    use: test.read\n"+lookNode+okNode)
	if a := answered(t.Context(), p, "u1"); a.Status != 200 {
		t.Errorf("got %d, want 200", a.Status)
	}
}

// A context that a node has kept is cut off from the run at its end: the run
// serves another request then.
func TestContextIsCutOff(t *testing.T) {
	var kept context.Context
	p := program(t, seen(t, func(ctx context.Context, _ seenWith) error { kept = ctx; return nil }), "require: none", lookNode+okNode)
	if a := answered(t.Context(), p, "u1"); a.Status != 200 {
		t.Fatalf("got %d, want 200", a.Status)
	}
	if runOf(kept) != nil {
		t.Error("got the run from the context of one that has ended")
	}
}

// once the time of the run is over, no edge of the flow handles an error.
func TestEndOfTimeIsNotHandled(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	over := false
	p := program(t, seen(t, func(context.Context, seenWith) error {
		if over {
			end()
		}
		return errors.New("out of order")
	}), "require: none", lookNode+"    next: {error: ok}\n"+okNode)
	if a := answered(ctx, p, "u1"); a.Status != 200 {
		t.Fatalf("got %d, want the error handled while there is time", a.Status)
	}
	over = true
	a := answered(ctx, p, "u1")
	var cause *NodeError
	if a.Status != 500 || !errors.As(a.Fault.Cause, &cause) || cause.Node != "look" {
		t.Errorf("got %d %s, want 500 because of look, which was the last to run", a.Status, a.Body)
	}
}

// what a node put into the answer before it failed does not go out.
func TestFailedAnswerIsEmpty(t *testing.T) {
	for name, next := range map[string]string{"unwired": "", "wired": "    next: {error: ok}\n"} {
		t.Run(name, func(t *testing.T) {
			p := program(t, seen(t, nil), "require: none", "  - id: lose\n    use: lose\n"+next+map[bool]string{true: okNode}[next != ""])
			a := answered(t.Context(), p, "u1")
			if strings.Contains(string(a.Body), "lws_") || !a.Session.IsEmpty() {
				t.Errorf("got %s and the session %q, want neither", a.Body, a.Session.Reveal())
			}
		})
	}
}

// A node that breaks the promise of its tag same fails the run there and then,
// also where nothing behind it asks for a proof.
func TestBrokenSameFails(t *testing.T) {
	type sameOut struct {
		Done Outcome[struct {
			ID string `flow:"id"`
		}] `flow:"done" same:"id=with.userId"`
	}
	for id, want := range map[string]int{"u1": 200, "u2": 500} {
		alias := Define("test.same", "Gives one.", func(_ context.Context, _ struct {
			UserID string `flow:"userId"`
		}, out sameOut) (Exit, error) {
			return out.Done.Exit(struct {
				ID string `flow:"id"`
			}{"u1"}), nil
		})
		p := program(t, seen(t, nil, alias), "require: none", "  - id: alias\n    use: test.same\n    with:\n      userId: ${{ input.id }}\n"+okNode)
		if a := answered(t.Context(), p, id); a.Status != want {
			t.Errorf("%s: got %d, want %d", id, a.Status, want)
		}
	}
}

// Where ways meet, the weaker grade holds. Reset is apart: together with another
// it is worth nothing, whichever comes first.
func TestWeakerGrade(t *testing.T) {
	for _, c := range []struct{ a, b, want Grade }{
		{Live, Fresh, Live}, {Fresh, Live, Live}, {Fresh, Fresh, Fresh},
		{Reset, Fresh, NoGrade}, {Fresh, Reset, NoGrade}, {Reset, Pending, NoGrade}, {Reset, Reset, Reset},
	} {
		if got := weaker(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: got %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

// A path lies in another by whole words: what is known of user.id says nothing of
// user.idle.
func TestPathBelow(t *testing.T) {
	for _, c := range []struct {
		path, top, rest string
		ok              bool
	}{
		{"user.id", "user.id", "", true},
		{"user.id.part", "user.id", ".part", true},
		{"user.idle", "user.id", "", false},
		{"user", "user.id", "", false},
	} {
		if rest, ok := pathBelow(c.path, c.top); ok != c.ok || ok && rest != c.rest {
			t.Errorf("%s in %s: got %q %t, want %q %t", c.path, c.top, rest, ok, c.rest, c.ok)
		}
	}
}
