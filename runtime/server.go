package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// Deps is what a Server works with.
type Deps struct {
	Config   *Config
	Compiler *engine.Compiler
	// Load reads the flows and what app.yaml says that flows can see. It is
	// called by Reload, never twice at the same time.
	Load func() (*engine.App, []*flows.Flow, flows.Diagnostics)
	// Loaded is called before what Load has read takes the place of what was served before,
	// and only then: where there are problems, that stays. It may be nil.
	Loaded func()
	Logger *slog.Logger                    // nil logs nothing
	Meter  Meter                           // nil counts nothing
	Ready  func(ctx context.Context) error // whether the stores answer; nil means they do
	Admin  Admin                           // what administration can do; a nil part is not offered
	// AdminPages are more handlers of the administration's address, by patterns of
	// http.ServeMux, such as "GET /metrics". They answer operators only.
	AdminPages map[string]http.Handler
}

// Server serves flows. As an http.Handler it is the application's public
// address, and can be mounted in any other program. It is safe for concurrent
// use.
type Server struct {
	deps    Deps
	host    *host
	tables  atomic.Pointer[tables]
	bundle  atomic.Pointer[engine.Bundle] // what is served; nil before the first
	closing atomic.Bool

	ready   atomic.Bool // flows are loaded
	nowhere Recorder    // of requests that no route takes

	reloading sync.Mutex // held while flows are read
}

// New makes a server that has no flows yet: Reload reads them. The
// configuration must have been checked, and must not change afterwards.
func New(d Deps) *Server {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Meter == nil {
		d.Meter = noMeter{}
	}
	s := &Server{deps: d, host: newHost(d.Config)}
	s.nowhere = d.Meter.Route("", "")
	s.tables.Store(&tables{main: newTable("", nil, &engine.Shape{})})
	return s
}

// Reload reads all flows, builds every program and then serves them all at
// once. If anything is wrong it says so and nothing changes. Runs under way
// finish on the program that they began with.
func (s *Server) Reload() flows.Diagnostics {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	bundle, diags := s.build()
	s.deps.Meter.Reloaded(len(diags) == 0)
	if len(diags) > 0 {
		s.deps.Logger.Error("flows not loaded", "problems", len(diags), "first", diags[0].String())
		return diags
	}
	t := &tables{main: s.tableOf(bundle, engine.MainRealm)}
	for realm, own := range bundle.Realms {
		t.put(realm, s.tableOf(own, realm))
	}
	for _, realm := range s.deps.Config.RealmNames() {
		if bundle.Realms[realm] == nil && realm != engine.MainRealm {
			t.put(realm, s.tableOf(bundle, realm))
		}
	}
	if s.deps.Loaded != nil {
		s.deps.Loaded()
	}
	s.serve(t)
	s.bundle.Store(bundle)
	s.deps.Logger.Info("flows loaded", "endpoints", len(bundle.Programs))
	return nil
}

// Programs are the programs that are served; none before the first Reload.
func (s *Server) Programs() []*engine.Program {
	if b := s.bundle.Load(); b != nil {
		return b.Programs
	}
	return nil
}

func (s *Server) build() (*engine.Bundle, flows.Diagnostics) {
	app, set, diags := s.deps.Load()
	return Compile(s.deps.Compiler, app, set, diags)
}

// serve puts a set of routes in the place of the one before.
func (s *Server) serve(t *tables) {
	s.tables.Store(t)
	s.ready.Store(true)
}

// tableOf is the table of what is served in a realm.
func (s *Server) tableOf(b *engine.Bundle, realm string) *table {
	routes := make([]*route, len(b.Programs))
	for i, p := range b.Programs {
		routes[i] = s.route(p, realm)
	}
	return newTable(s.host.basePath, routes, b.Errors)
}

// route prepares what can be known of an endpoint in a realm before a request.
func (s *Server) route(p program, realm string) *route {
	e := p.Endpoint()
	return &route{
		program:  p,
		endpoint: e,
		flow:     p.Flow(),
		noStore:  len(e.Require) > 0 || e.Session,
		guarded:  e.Session && s.host.rules[realm].session.Cookie() != "",
		recorder: s.deps.Meter.Route(e.Method, e.Path),
	}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := s.begin(r)
	t := s.tables.Load().of(x.request.Realm)
	s.answer(x, t, start)
	s.send(w, x, t)
	s.finished(x, time.Since(start))
	x.release()
}

// refuse answers a request that net/http has refused. Whatever its status, the
// fault is the client's. It is counted and logged as one that no route takes.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f *engine.Failure) {
	start := time.Now()
	x := s.begin(r)
	t := s.tables.Load().of(x.request.Realm)
	x.fail(t.shape, f)
	s.send(w, x, t)
	s.finished(x, time.Since(start))
	x.release()
}

// answer fills the answer of an exchange that began at a moment. A panic becomes
// an answer too.
func (s *Server) answer(x *exchange, t *table, start time.Time) {
	defer func() {
		if p := recover(); p != nil {
			x.failServer(t.shapeOf(x.route), fmt.Errorf("runtime: panic: %v\n%s", p, debug.Stack()))
		}
	}()
	r := x.http
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if x.route, x.vars = t.find(method, r); x.route == nil || method != r.Method && !x.route.answersHead() {
		x.route = nil
		s.answerNoRoute(x, t)
		return
	}
	if x.route.guarded && !x.rules.crossSite.admits(x) {
		x.fail(t.shapeOf(x.route), errCrossSite)
		return
	}
	ctx := withDeadline(r.Context(), start.Add(s.host.timeout))
	defer ctx.end()
	x.route.program.Run(ctx, &x.request, &x.answer)
	if status := x.answer.Status; status < 200 || status > 599 {
		x.failServer(t.shapeOf(x.route), fmt.Errorf("runtime: %d is no status of an answer", status))
	}
}

// answerNoRoute answers a method for which a path has no endpoint.
func (s *Server) answerNoRoute(x *exchange, t *table) {
	routes := t.at(x.http)
	if len(routes) == 0 {
		x.fail(t.shape, errNoResource)
		return
	}
	if x.http.Method == http.MethodOptions {
		x.answer.Status = http.StatusNoContent
		if isPreflight(x.http) {
			x.preflight = routes
		}
	} else {
		x.fail(t.shape, errNoMethod)
	}
	x.answer.Header = append(x.answer.Header, engine.HeaderField{Name: "Allow", Value: strings.Join(allowed(routes), ", ")})
}
