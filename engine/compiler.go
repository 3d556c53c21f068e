package engine

import (
	"cmp"
	"time"

	"github.com/latchwork/latchwork/flows"
)

// App is what app.yaml says that flows can see.
type App struct {
	File     string
	Params   map[string]any    // plain data: params.x
	Secrets  map[string]Secret // secrets.x
	Purposes map[string]string // purpose → signIn, handOver, address or reset
	// Lifetimes are those of the tokens of purposes for which app.yaml says one.
	Lifetimes map[string]time.Duration
	Proofs    []flows.Name // node types from outside the standard set that may prove
	Views     *flows.Value // views: of app.yaml, or nil
	Errors    *flows.Value // errors: of app.yaml, or nil
	// Cookies says whether a session may travel in a cookie: only then may an
	// answer hand one over by its field session.
	Cookies bool
	// Credentials are the places in requests where sessions and keys are looked for, such
	// as header.Session and query.apikey, with names of headers in canonical form. What a
	// flow reads there is a secret.
	Credentials []string
	// Realms are the realms in which flows see something else, each as a whole. The
	// Realms of these count for nothing.
	Realms map[string]*App
	// Formats look at what flows give inputs of a format, such as outbound, where that
	// depends on app.yaml. A format that is not among them takes any text.
	Formats map[string]Check
	// BodyLimit is how many bytes the body of a request may have; 0 is 64 KiB.
	BodyLimit int
}

func (a *App) bodyLimit() int { return cmp.Or(a.BodyLimit, 64<<10) }

// Guards are the node types that stand first in programs, as their endpoints
// require. Each leaves by its first outcome or fails.
type Guards struct {
	Rate    NodeType
	Key     NodeType
	Session NodeType
}

// trusted are the guards as node types that may do what standard ones may: whoever
// compiles hands them in, and no flow can name them.
func (g Guards) trusted() Guards {
	for _, t := range []*NodeType{&g.Rate, &g.Key, &g.Session} {
		if t.spec != nil {
			s := *t.spec
			s.standard = true
			t.spec = &s
		}
	}
	return g
}

// Compiler turns flows into programs. Its fields must not change while it is
// used; it is safe for concurrent use.
type Compiler struct {
	Types    *Registry
	Guards   Guards
	World    World
	Observer Observer // nil where nobody listens
}

// Bundle is a set of flows that was compiled together.
type Bundle struct {
	Programs []*Program
	Errors   *Shape // the default shape of error answers
	Audit    []AuditEntry
	Realms   map[string]*Bundle // of App.Realms: what is served there instead
}

// AuditEntry is one line of what check --audit lists: what an endpoint
// requires, what a proof rests on, what lets something out or in.
type AuditEntry struct {
	Pos  flows.Pos
	Flow string
	Kind string // endpoint, proof, reveal, trust, allow, crossSite, redirect, outbound
	Text string
}
