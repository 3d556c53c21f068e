package engine

import (
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// checkSecrets is check 7: a secret goes only where a field takes its kind, or
// where an answer reveals that very path; and a credential of a user leaves only
// once that user is proved.
func (g *graph) checkSecrets() {
	byCookie := slices.ContainsFunc(g.vertices, func(v *vertex) bool { return v.isEnd() && v.argument("session") != nil })
	told := map[*argument]bool{}
	for _, v := range g.vertices {
		g.checkCondition(v)
		g.checkFits(v)
		g.checkStumbling(v)
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		s := &secretCheck{graph: g, v: v, byCookie: byCookie, told: told}
		s.reveals()
		for _, a := range v.args {
			if a.value != nil {
				s.value(a, a.value)
			}
		}
		s.handOver()
	}
}

// checkCondition refuses secrets where the way of a run is decided: which way it
// took would tell of them.
func (g *graph) checkCondition(v *vertex) {
	for _, e := range []*expression{v.when, v.value} {
		if e == nil {
			continue
		}
		for _, l := range (&value{expr: e, valueFacts: &valueFacts{}}).leaves() {
			g.report(e.part.Pos, "secret-leak", "compare it with null only, or give it to a node that takes secrets",
				"%s would tell of the secret %s by the way that it takes", v.src.ID.Text, l.path)
			break
		}
	}
}

// checkFits refuses secrets other than what callers type where a sub-flow checks
// what it is given: whether it fits would tell of them.
func (g *graph) checkFits(v *vertex) {
	for _, a := range v.args {
		if !a.checked {
			continue
		}
		for _, l := range a.value.leaves() {
			if l.kinds&^kindTyped != 0 {
				g.report(a.value.pos, "secret-leak", "declare no more of the input than its type",
					"%s of %s is checked when the sub-flow is entered, which would tell of the secret %s", a.name, v.src.Use.Text, l.path)
				break
			}
		}
	}
}

// checkStumbling refuses expressions over secrets other than what callers type that may be
// impossible to work out: whether they were would tell of them.
func (g *graph) checkStumbling(v *vertex) {
	for _, a := range v.args {
		a.value.each(func(e *expression) {
			if !e.fails {
				return
			}
			for _, l := range (&value{expr: e, valueFacts: &valueFacts{}}).leaves() {
				if l.kinds&^kindTyped != 0 {
					g.report(e.part.Pos, "secret-leak", "let it read nothing else that may not fit, or work that out in a node set before",
						"%s of %s may be impossible to work out, which would tell of the secret %s", a.name, v.src.Use.Text, l.path)
					return
				}
			}
		})
	}
}

type secretCheck struct {
	*graph
	v        *vertex
	byCookie bool                  // the flow hands its session over by cookie
	reveal   map[string]flows.Name // canonical path → as it is written
	told     map[*argument]bool    // inputs that are not declared as secrets, and were reported
}

// reveals resolves the paths that an answer may carry.
func (s *secretCheck) reveals() {
	s.reveal = map[string]flows.Name{}
	x := exprScope{s.graph, s.v.scope, s.before[s.v.index], nil}
	for _, n := range s.v.src.Reveal {
		words := strings.Split(n.Text, ".")
		p, used, miss := x.find(words)
		switch {
		case miss != nil && s.v.fault: // which has been reported where the value stands
		case miss != nil:
			s.report(n.Pos, miss.code, miss.hint, "%s", miss.message)
			s.v.used("reveal " + n.Text)
		case !s.v.isEnd():
			s.report(n.Pos, "reveal-elsewhere", "put it on the answer that carries the secret", "only answers reveal")
			s.v.used("reveal " + n.Text)
		case used == len(words):
			s.reveal[p.canon] = n
		}
	}
}

// value walks what is written under with, down to its expressions.
func (s *secretCheck) value(a *argument, v *value) {
	for _, item := range v.items {
		s.value(a, item)
	}
	for _, f := range v.fields {
		s.value(a, f.value)
	}
	if v.expr == nil && v.text == nil {
		return
	}
	for _, l := range v.leaves() {
		s.leaf(a, v, l)
	}
	if v.field != nil && v.field.typed {
		s.declared(a, v.places())
	}
}

// declared refuses inputs that are not declared as secrets where nothing else is
// taken than what callers type in secret: a password that is not known to be one
// would be free to go anywhere.
func (s *secretCheck) declared(a *argument, places []*place) {
	for _, p := range places {
		s.declared(a, p.alts)
		switch in := p.arg; {
		case in == nil:
		case p.root == "input":
			if !in.secret && !s.told[in] {
				s.told[in] = true
				s.report(in.pos, "secret-undeclared", "add secret: true",
					"%s of %s takes what callers type in secret, and %s is not declared so", a.name, s.v.src.Use.Text, in.name)
			}
		case in.value != nil:
			s.declared(a, in.value.places())
		default:
			s.declared(a, in.alts)
		}
	}
}

// leaf decides on one secret in one place.
func (s *secretCheck) leaf(a *argument, v *value, l leaf) {
	var takes kinds
	if v.field != nil {
		takes = v.field.secret
	}
	use := s.v.src.Use.Text
	if l.session && s.v.isEnd() && takes&l.kinds == 0 {
		switch {
		case s.v.typ.ends == endRedirect:
			s.report(v.pos, "token-in-redirect", "hand the session over by the field session", "a session token must not stand in the target of a redirect: %s", l.path)
			return
		case s.byCookie:
			s.report(v.pos, "token-in-body", "leave it out of the answer", "this flow hands its session over by cookie, so %s must not be in an answer too", l.path)
			return
		}
	}
	switch n, revealed := s.reveal[l.path]; {
	case l.kinds&^takes == 0:
	case revealed:
		s.v.used("reveal " + n.Text)
	case s.v.isEnd():
		hint := "leave it out: an answer carries neither what callers type in secret nor secrets of app.yaml"
		if l.kinds == kindMinted {
			hint = "add reveal: [" + l.path + "] if this answer may carry it"
		}
		s.report(v.pos, "secret-leak", hint, "%s of %s would give away the secret %s", a.name, use, l.path)
		return
	default:
		s.report(v.pos, "secret-leak", "leave it out", "%s of %s does not take secrets of the kind %s, and %s is one", a.name, use, l.kinds, l.path)
		return
	}
	switch {
	case l.credential == "":
	case !s.v.isEnd() && !s.goesTo(v.field, l.credential):
		s.report(v.pos, "credential-astray", "let it go to that user only", "%s opens the door for %s, and %s of %s may go to somebody else", l.path, l.credential, a.name, use)
	case s.v.isEnd() && !s.provedUser(s.v, l.credential):
		s.report(v.pos, "credential-unproved", "prove that user first", "%s opens the door for %s, who is not proved on every way to %s", l.path, l.credential, s.v.src.ID.Text)
	case s.v.isEnd() && !s.provedUser(l.maker, l.credential):
		// Its token says that somebody reads the user's mail, and it was not mailed.
		made := l.maker.src.ID.Text
		s.report(v.pos, "credential-unproved", "prove that user before "+made, "%s opens the door for %s, who is not proved on every way to %s", l.path, l.credential, made)
	}
}

// goesTo reports whether what an input takes goes to that user and nobody else.
func (s *secretCheck) goesTo(f *field, userID string) bool {
	name, ok := strings.CutPrefix(f.credential, "with.")
	if !ok {
		return false
	}
	a := s.v.argument(name)
	return a != nil && a.value.path() != nil && a.value.path().canon == userID
}

// provedUser reports whether a user is proved on every way to a vertex.
func (s *secretCheck) provedUser(at *vertex, path string) bool {
	if s.proved == nil {
		return true // a mistake elsewhere, which has been reported, may be why it is not
	}
	grade := s.proved[at.index][fact{SubjectUser, path}]
	return grade.Meets(Pending)
}

// handOver looks at answers that hand a session over, and at header fields that
// answers must not set.
func (s *secretCheck) handOver() {
	if !s.v.isEnd() {
		return
	}
	if a := s.v.argument("session"); a != nil && !s.app.Cookies {
		s.report(a.pos, "no-session-cookie", "add {cookie: __Host-session} to session.from in app.yaml, or answer with the token in the body", "no cookie is configured in which %s could hand the session over", s.v.src.ID.Text)
	}
	for _, a := range s.v.args {
		if a.field == nil || a.field.format != "headers" || a.value == nil {
			continue
		}
		names := []string{}
		for _, f := range a.value.fields {
			names = append(names, f.name)
		}
		if c := a.value.constant; c.IsValid() && c.Kind() == reflect.Map {
			for _, k := range c.MapKeys() {
				names = append(names, k.String())
			}
		}
		slices.Sort(names)
		for _, n := range names {
			if lower := strings.ToLower(n); lower == "set-cookie" || lower == "location" || strings.HasPrefix(lower, "content-") {
				s.report(a.pos, "refused-header", "", "an answer does not set the header %s itself", n)
			}
		}
	}
}
