package runtime

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

// fakeProgram is an endpoint with a function in the place of a flow.
type fakeProgram struct {
	endpoint engine.Endpoint
	run      func(ctx context.Context, req *engine.Request, ans *engine.Answer)
}

func (p fakeProgram) Flow() string              { return "fake" }
func (p fakeProgram) Endpoint() engine.Endpoint { return p.endpoint }
func (p fakeProgram) Shape() *engine.Shape      { return &engine.Shape{} }
func (p fakeProgram) Run(ctx context.Context, req *engine.Request, ans *engine.Answer) {
	if p.run != nil {
		p.run(ctx, req, ans)
	}
	if ans.Status == 0 {
		ans.Status = http.StatusOK
	}
}

// answers is a fake program that answers with its method and path.
func answers(method, path string) fakeProgram {
	return fakeProgram{
		endpoint: engine.Endpoint{Method: method, Path: path},
		run: func(_ context.Context, _ *engine.Request, ans *engine.Answer) {
			ans.Body = append(ans.Body, method+" "+path...)
		},
	}
}

// readsBody is a fake program that answers with its failure, as a run would.
func readsBody(form bool) fakeProgram {
	return fakeProgram{
		endpoint: engine.Endpoint{Method: "POST", Path: "/body", HasBody: true, Form: form},
		run: func(_ context.Context, req *engine.Request, ans *engine.Answer) {
			if _, err := req.Source.Body(); err != nil {
				req.Source.(*exchange).fail(&engine.Shape{}, failureOf(err))
			}
		},
	}
}

// failureOf is the failure that an error wraps; it panics on any other.
func failureOf(err error) *engine.Failure {
	var f *engine.Failure
	if !errors.As(err, &f) {
		panic(err)
	}
	return f
}

// configOf reads an app.yaml that must be without problems.
func configOf(t testing.TB, yaml string) *Config {
	t.Helper()
	find := func(ref SecretRef) (string, error) { return cmp.Or(os.Getenv(ref.Env), unresolved), nil }
	c, diags := ReadConfig("app.yaml", []byte("version: 1\n"+yaml), find)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return c
}

// serverOf serves fake programs under a configuration.
func serverOf(t testing.TB, yaml string, programs ...program) *Server {
	t.Helper()
	s := New(Deps{Config: configOf(t, yaml)})
	serveAll(s, programs...)
	return s
}

// serveAll serves fake programs in every realm.
func serveAll(s *Server, programs ...program) {
	t := &tables{}
	for _, realm := range s.deps.Config.RealmNames() {
		var routes []*route
		for _, p := range programs {
			routes = append(routes, s.route(p, realm))
		}
		t.put(realm, newTable(s.host.basePath, routes, &engine.Shape{}))
	}
	t.main = t.realms[engine.MainRealm]
	s.serve(t)
}

// send makes a request with header fields written "Name: value" and serves it.
func send(s http.Handler, method, target, body string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}
