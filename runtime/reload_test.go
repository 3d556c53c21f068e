package runtime

import (
	"bytes"
	"context"

	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/answer"
)

// counted is a Meter that writes down what it is told.
type counted struct {
	routes   []string
	statuses []int
	reloads  []bool
}

func (c *counted) Route(method, path string) Recorder {
	c.routes = append(c.routes, method+" "+path)
	return c
}
func (c *counted) Reloaded(ok bool)                     { c.reloads = append(c.reloads, ok) }
func (c *counted) Answered(status int, _ time.Duration) { c.statuses = append(c.statuses, status) }

type nothingOutcomes struct {
	Passed engine.Outcome[engine.None] `flow:"passed" doc:"Always."`
}

// hold is a node type that waits until it is released.
func hold(entered chan<- bool, release <-chan bool) engine.NodeType {
	return engine.Define("test.hold", "Waits until it is released.",
		func(_ context.Context, _ struct{}, out nothingOutcomes) (engine.Exit, error) {
			entered <- true
			<-release
			return out.Passed.Exit(engine.None{}), nil
		}, engine.Effect)
}

// realServer serves the flows of a folder.
func realServer(t *testing.T, dir string, d Deps, types ...engine.NodeType) *Server {
	t.Helper()
	var registry engine.Registry
	if err := registry.AddStandard(answer.Nodes(answer.Deps{})...); err != nil {
		t.Fatal(err)
	}
	if err := registry.Add(types...); err != nil {
		t.Fatal(err)
	}
	config, _, diags := Load(dir, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	d.Config = config
	d.Compiler = &engine.Compiler{Types: &registry}
	d.Load = func() (*engine.App, []*flows.Flow, flows.Diagnostics) {
		config, set, diags := Load(dir, nil)
		return config.App(), set, diags
	}
	return New(d)
}

func writeFile(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// saying is a flow that answers with a word, or holds before it does.
func saying(word string, nodes ...string) string {
	return `version: 1
flow: say
endpoints:
  - {method: POST, path: /say, require: none}
nodes:
` + strings.Join(nodes, "") + `  - id: ok
    use: respond
    with:
      body: {word: ` + word + `}
`
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "app.yaml", "version: 1\nparams: {greeting: hello}\n")
	writeFile(t, dir, "say.yaml", saying("one"))
	var log bytes.Buffer
	meter := &counted{}
	s := realServer(t, dir, Deps{Logger: NewLogger(&log, slog.LevelInfo, true), Meter: meter})
	say := func() string { return text(send(s, "POST", "/say", "")) }

	if res := send(s, "POST", "/say", ""); res.StatusCode != 404 {
		t.Errorf("before the first load: got %d, want 404", res.StatusCode)
	}
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := say(); got != `{"word":"one"}` {
		t.Errorf("got %s", got)
	}
	writeFile(t, dir, "say.yaml", saying("two"))
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := say(); got != `{"word":"two"}` {
		t.Errorf("after an edit: got %s", got)
	}
	writeFile(t, dir, "app.yaml", "version: 1\nparams: {greeting: good morning}\n")
	writeFile(t, dir, "more/say.yaml", strings.NewReplacer("/say", "/more", "flow: say", "flow: more").Replace(saying(`"${{ params.greeting }}"`)))
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := text(send(s, "POST", "/more", "")); got != `{"word":"good morning"}` {
		t.Errorf("after a new flow and a new parameter: got %s", got)
	}

	broken := map[string]string{
		"say.yaml":      strings.Replace(saying("three"), "use: respond", "use: respnd", 1),
		"app.yaml":      "version: 1\nserver: {timeout: soon}\n",
		"more/new.yaml": "version: 1\nflow: [\n",
	}
	for _, name := range slices.Sorted(maps.Keys(broken)) {
		before, err := os.ReadFile(filepath.Join(dir, name))
		writeFile(t, dir, name, broken[name])
		diags := s.Reload()
		if len(diags) == 0 || !strings.HasSuffix(diags[0].Pos.File, name) {
			t.Errorf("broken %s: got %v", name, diags)
		}
		if got := say(); got != `{"word":"two"}` {
			t.Errorf("with a broken %s: got %s, want the answer of before", name, got)
		}
		if err != nil {
			os.Remove(filepath.Join(dir, name))
		} else {
			writeFile(t, dir, name, string(before))
		}
	}
	os.Remove(filepath.Join(dir, "more/say.yaml"))
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	if res := send(s, "POST", "/more", ""); res.StatusCode != 404 {
		t.Errorf("after a flow is gone: got %d, want 404", res.StatusCode)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, false, false, true}, meter.reloads); diff != "" {
		t.Errorf("reloads: -want +got:\n%s", diff)
	}
	if !strings.Contains(log.String(), "respnd") {
		t.Error("the log does not say why the flows were not loaded")
	}
}

// TestReloadDuringRun shows that a run finishes on the program it began with.
func TestReloadDuringRun(t *testing.T) {
	dir := t.TempDir()
	entered, release := make(chan bool), make(chan bool)
	writeFile(t, dir, "say.yaml", saying("old", "  - {id: wait, use: test.hold}\n"))
	s := realServer(t, dir, Deps{}, hold(entered, release))
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	w := httptest.NewRecorder()
	done := make(chan bool)
	go func() {
		s.ServeHTTP(w, httptest.NewRequest("POST", "/say", nil))
		close(done)
	}()
	<-entered
	writeFile(t, dir, "say.yaml", saying("new"))
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := text(send(s, "POST", "/say", "")); got != `{"word":"new"}` {
		t.Errorf("got %s, want the new answer", got)
	}
	release <- true
	<-done
	if got := w.Body.String(); got != `{"word":"old"}` {
		t.Errorf("got %s, want the old answer", got)
	}
}

// TestRequestLog_R64 locks what the log has of requests, and shows what it has not.
func TestRequestLog_R64(t *testing.T) {
	var log bytes.Buffer
	meter := &counted{}
	s := New(Deps{Config: configOf(t, "session: {from: [{cookie: __Host-s}]}"), Logger: NewLogger(&log, slog.LevelDebug, true), Meter: meter})
	fails := answers("POST", "/fail")
	fails.run = func(_ context.Context, req *engine.Request, _ *engine.Answer) { panic("line one\nline two") }
	gone := answers("POST", "/gone")
	gone.run = func(ctx context.Context, req *engine.Request, _ *engine.Answer) {
		req.Source.(*exchange).failServer(&engine.Shape{}, context.Canceled)
	}
	serveAll(s, answers("POST", "/reset/{token}"), fails, gone)
	const canary = "canary"
	fields := []string{"Authorization: Bearer canary", "Cookie: __Host-s=canary", "User-Agent: canary\r\nx", "Referer: https://a/canary"}
	send(s, "POST", "/reset/canary?apikey=canary", canary, fields...)
	send(s, "GET", "/canary?token=canary", "", fields...)
	send(s, "POST", "/fail", canary, fields...)
	r := httptest.NewRequest("POST", "/gone", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	send(s, "CANARY", "/reset/x", "")

	var got []string
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	for _, line := range lines {
		got = append(got, mask(line, `"time":"`, `"id":"`, `"ms":`, `"cause":"`))
	}
	want := []string{
		`{"time":"…","level":"DEBUG","msg":"request","id":"…","method":"POST","status":200,"ms":…,"ip":"192.0.2.1","route":"/reset/{token}","flow":"fake"}`,
		`{"time":"…","level":"DEBUG","msg":"request","id":"…","method":"GET","status":404,"ms":…,"ip":"192.0.2.1","code":"resource_not_found"}`,
		`{"time":"…","level":"ERROR","msg":"request","id":"…","method":"POST","status":500,"ms":…,"ip":"192.0.2.1","route":"/fail","flow":"fake","code":"internal_server_error","cause":"…"}`,
		`{"time":"…","level":"DEBUG","msg":"request","id":"…","method":"POST","status":500,"ms":…,"ip":"192.0.2.1","route":"/gone","flow":"fake","code":"internal_server_error","cause":"…"}`,
		`{"time":"…","level":"DEBUG","msg":"request","id":"…","method":"other","status":405,"ms":…,"ip":"192.0.2.1","code":"method_not_allowed"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if strings.Contains(strings.ToLower(log.String()), canary) {
		t.Errorf("the log has what only the request may have:\n%s", &log)
	}
	if !strings.Contains(lines[0], "Z\"") {
		t.Errorf("the time is not in UTC: %s", lines[0])
	}
	if diff := cmp.Diff([]int{200, 404, 500, 500, 405}, meter.statuses); diff != "" {
		t.Errorf("counted: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{" ", "POST /reset/{token}", "POST /fail", "POST /gone"}, meter.routes); diff != "" {
		t.Errorf("routes: -want +got:\n%s", diff)
	}
}

// mask replaces what differs from run to run after each of the keys.
func mask(line string, keys ...string) string {
	for _, key := range keys {
		at := strings.Index(line, key)
		if at < 0 {
			continue
		}
		start := at + len(key)
		end := start + strings.IndexAny(line[start:], `,}`)
		if strings.HasSuffix(key, `"`) {
			end = start + strings.IndexByte(line[start:], '"')
			for line[end-1] == '\\' {
				end += 1 + strings.IndexByte(line[end+1:], '"')
			}
		}
		line = line[:start] + "…" + line[end:]
	}
	return line
}

func TestLoggerQuotesLineBreaks_R64(t *testing.T) {
	for _, json := range []bool{true, false} {
		var log bytes.Buffer
		NewLogger(&log, slog.LevelInfo, json).Info("a\nlevel=ERROR msg=forged", "b\n", "c\r\nd")
		line, rest, _ := strings.Cut(log.String(), "\n")
		if rest != "" || !strings.Contains(line, `\n`) {
			t.Errorf("json %v: got %q", json, log.String())
		}
	}
}
