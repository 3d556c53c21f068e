package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

// runResult is what run --json prints.
type runResult struct {
	Status int             `json:"status"`
	Header http.Header     `json:"header"`
	Body   json.RawMessage `json:"body,omitempty"` // text where it is no JSON
	Steps  []stepJSON      `json:"steps"`
}

// stepJSON is one step of a run. Secrets in its values are masked.
type stepJSON struct {
	Node    string          `json:"node"`
	Type    string          `json:"type"`
	Outcome string          `json:"outcome,omitempty"` // "error" where the node failed; none for an answer
	Status  int             `json:"status,omitempty"`  // of an answer
	Error   string          `json:"error,omitempty"`
	Values  json.RawMessage `json:"values"`
}

func (p *program) runCommand() *cobra.Command {
	var t target
	var header []string
	var body string
	var asJSON bool
	c := &cobra.Command{
		Use:   "run <method> <path>",
		Short: "Run one request in this process and show each step of it",
		Long: `run answers one request as serve would, and shows the steps of the run: the node,
its type, the outcome, and what went in and out, with secrets masked. The answer
goes to standard output, the steps to standard error. No server may have the
database open; what the flow changes is changed.

--json prints {status, header, body, steps: [{node, type, outcome, status, error,
values}]}.`,
		Example: `  latchwork run --dev POST /sign-in -H "Authorization: $KEY" -d '{"email": "ada@example.com", "password": "…"}'`,
		Args:    between(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := newRequest(c.Context(), args[0], args[1], header, body)
			if err != nil {
				return err
			}
			result, err := p.runRequest(c.Context(), t, r)
			if err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(result)
			}
			return p.printRun(result)
		},
	}
	t.flags(c)
	c.Flags().StringArrayVarP(&header, "header", "H", nil, `field of the request's header, as in "Session: …" (repeat for more)`)
	c.Flags().StringVarP(&body, "data", "d", "", "body of the request; JSON unless a header says otherwise")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// newRequest is a request as it would arrive from this machine.
func newRequest(ctx context.Context, method, path string, header []string, body string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(method), path, strings.NewReader(body))
	if err != nil || !strings.HasPrefix(path, "/") {
		return nil, usage("%s %s is no method and path, such as GET /me", method, path)
	}
	r.RemoteAddr, r.Host, r.RequestURI = "127.0.0.1:1", "localhost", path
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, field := range header {
		name, value, ok := strings.Cut(field, ":")
		if !ok {
			return nil, usage("-H takes a name and a value with a colon between them, not %q", field)
		}
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return r, nil
}

// runRequest answers a request with the flows of an application.
func (p *program) runRequest(ctx context.Context, t target, r *http.Request) (result *runResult, err error) {
	a, err := p.openApplication(t.dir, t.dev)
	if err != nil {
		return nil, err
	}
	b, err := openBackend(ctx, a, slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return nil, describe(err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	compiler, err := p.compiler(b.deps)
	if err != nil {
		return nil, err
	}
	var steps recorder
	compiler.Observer = &steps
	server := runtime.New(runtime.Deps{
		Config:   a.config,
		Compiler: compiler,
		Load:     func() (*engine.App, []*flows.Flow, flows.Diagnostics) { return a.load(b) },
	})
	if diags := server.Reload(); len(diags) > 0 {
		fmt.Fprintln(p.stderr, diags)
		return nil, errProblems
	}
	w := &answerWriter{header: http.Header{}}
	server.ServeHTTP(w, r)
	body := w.body.Bytes()
	if !json.Valid(body) && len(body) > 0 {
		body, _ = json.Marshal(string(body)) // text can always be marshalled
	}
	return &runResult{Status: w.status, Header: w.header, Body: body, Steps: steps.list}, nil
}

func (p *program) printRun(r *runResult) error {
	width := 0
	for _, s := range r.Steps {
		width = max(width, len(s.Node)+len(s.Type)+3)
	}
	for _, s := range r.Steps {
		end := s.Outcome
		switch {
		case s.Error != "":
			end += ": " + s.Error
		case end == "":
			end = fmt.Sprint("answers ", s.Status)
		}
		fmt.Fprintf(p.stderr, "%-*s → %s\n    %s\n", width, s.Node+" ("+s.Type+")", end, s.Values)
	}
	fmt.Fprintln(p.stdout, r.Status)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(p.stdout, "%s: %s\n", name, value)
		}
	}
	if len(r.Body) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(p.stdout, "\n%s\n", r.Body)
	return err
}

// recorder keeps the steps of runs.
type recorder struct {
	mu   sync.Mutex
	list []stepJSON
}

var _ engine.Observer = (*recorder)(nil)

// Watch is part of engine.Observer.
func (r *recorder) Watch(engine.NodeInfo) (engine.Watch, func(context.Context, engine.StepRecord)) {
	return engine.WatchAll, r.step
}

func (r *recorder) step(_ context.Context, s engine.StepRecord) {
	step := stepJSON{Node: s.Node, Type: s.Type, Outcome: s.Outcome, Status: s.Status, Values: s.Values(nil)}
	if s.Err != nil {
		step.Error = s.Err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, step)
}

// answerWriter keeps an answer.
type answerWriter struct {
	status int
	header http.Header
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*answerWriter)(nil)

// Header is part of http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader is part of http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) { w.status = status }

// Write is part of http.ResponseWriter.
func (w *answerWriter) Write(p []byte) (int, error) { return w.body.Write(p) }
