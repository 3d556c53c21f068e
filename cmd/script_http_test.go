package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// httpClient never follows a redirect: scripts look at each answer.
var httpClient = &http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request is what "http" sends and how long it tries.
type request struct {
	method, url, body string
	header            http.Header
	show              []string       // header fields to print
	until             *regexp.Regexp // of what is printed
	within            time.Duration
	later             bool
}

// answered is an answer: what is printed of it, and what later commands look at.
type answered struct {
	printed string
	body    []byte
	cookies []*http.Cookie
}

// show prints an answer, and keeps it as the last one.
func (a *answered) show(ts *testscript.TestScript) {
	stateOf(ts).last = a
	fmt.Fprint(ts.Stdout(), a.printed)
}

// pending is a request that a script did not wait for.
type pending struct {
	answer *answered
	err    error
	done   chan struct{}
}

// answerCommand is "answer": it waits for the answer to the request that was
// sent with -later, and prints it.
func answerCommand(ts *testscript.TestScript, neg bool, args []string) {
	state := stateOf(ts)
	if neg || len(args) > 0 || state.later == nil {
		ts.Fatalf("usage: answer, after http -later")
	}
	<-state.later.done
	ts.Check(state.later.err)
	state.later.answer.show(ts)
}

// httpCommand is "http [-H field]… [-d body] [-i field]… [-until pattern
// [-within time]] [-later] METHOD path": it sends a request to the server and prints the
// status, the fields named by -i, and the body, in which ids, tokens and times
// are replaced by what they are. A body makes the content type JSON unless -H
// names another. With -until it asks again until what is printed matches, or
// fails when the time is over. With -later it does not wait: "answer" does. "!
// http" asks until nobody takes the request any more.
func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	r := parseRequest(ts, args)
	if r.later {
		later := &pending{done: make(chan struct{})}
		stateOf(ts).later = later
		go func() {
			defer close(later.done)
			later.answer, later.err = r.send()
		}()
		return
	}
	deadline := time.Now().Add(r.within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		a, err := r.send()
		if neg {
			if err != nil {
				return
			}
			r.until = regexp.MustCompile(`$^`)
		}
		ts.Check(err)
		if r.until == nil || r.until.MatchString(a.printed) {
			a.show(ts)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("within %v there was no answer with %q; the last one was:\n%s", r.within, r.until, a.printed)
		}
		<-tick.C
	}
}

func parseRequest(ts *testscript.TestScript, args []string) *request {
	r := &request{header: http.Header{}, within: 10 * time.Second}
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-later" {
			r.later, args = true, args[1:]
			continue
		}
		value := args[1]
		switch args[0] {
		case "-H":
			name, text, ok := strings.Cut(value, ":")
			if !ok {
				ts.Fatalf("no field: %q", value)
			}
			r.header.Add(name, strings.TrimSpace(text))
		case "-d":
			r.body = value
		case "-f":
			r.body = ts.ReadFile(value)
		case "-i":
			r.show = append(r.show, value)
		case "-until":
			r.until = regexp.MustCompile(value)
		case "-within":
			within, err := time.ParseDuration(value)
			ts.Check(err)
			r.within = within
		default:
			ts.Fatalf("http has no flag %s", args[0])
		}
		args = args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: http [flag…] METHOD path")
	}
	r.method, r.url = args[0], args[1]
	if strings.HasPrefix(r.url, "/") {
		r.url = ts.Getenv("URL") + r.url
	}
	if r.body != "" && r.header.Get("Content-Type") == "" {
		r.header.Set("Content-Type", "application/json")
	}
	return r
}

func (r *request) send() (*answered, error) {
	req, err := http.NewRequest(r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header = r.header
	if host := r.header.Get("Host"); host != "" {
		req.Host = host
	}
	answer, err := httpClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintln(&b, answer.StatusCode)
	for _, name := range r.show {
		for _, value := range answer.Header.Values(name) {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "%s\n", bytes.TrimSuffix(body, []byte("\n")))
	}
	return &answered{plain(b.String()), body, answer.Cookies()}, nil
}

// What differs from run to run, and what is printed for it.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`lws_[A-Za-z0-9_-]{43}`), "lws_…"},
	{regexp.MustCompile(`lwk_[A-Za-z0-9_-]{43}`), "lwk_…"},
	{regexp.MustCompile(`\b[0-9a-f]{24}\b`), "<id>"},
	{regexp.MustCompile(`("slug": ?)"[0-9a-f]{8}"`), `$1"<slug>"`},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "<time>"},
	{regexp.MustCompile(`"family":"curl","major":"\d+","minor":"\d+","patch":"\d+"`), `"family":"curl",…`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:<port>"},
}

func plain(text string) string {
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	return text
}

// captureCommand is "capture NAME path": it puts what lies at a path of the last
// answer's body, such as session.token or sessions.0.id, into the environment.
func captureCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME path")
	}
	ts.Setenv(args[0], valueAt(ts, stateOf(ts).last.body, args[1]))
}

// cookieCommand is "cookie NAME name": it puts the value of a cookie that the last
// answer has set into the environment.
func cookieCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cookie NAME name")
	}
	for _, c := range stateOf(ts).last.cookies {
		if c.Name == args[1] {
			ts.Setenv(args[0], c.Value)
			return
		}
	}
	ts.Fatalf("the last answer has set no cookie %s", args[1])
}

// jsonCommand is "json file NAME path": as capture, of a file, stdout or stderr.
func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: json file NAME path")
	}
	ts.Setenv(args[1], valueAt(ts, []byte(ts.ReadFile(args[0])), args[2]))
}

func valueAt(ts *testscript.TestScript, text []byte, path string) string {
	var at any
	ts.Check(json.Unmarshal(text, &at))
	for step := range strings.SplitSeq(path, ".") {
		i, err := strconv.Atoi(step)
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			if err != nil || i >= len(v) {
				ts.Fatalf("there is no %s in %v", step, v)
			}
			at = v[i]
		default:
			ts.Fatalf("there is no %s in %v", step, at)
		}
	}
	if at == nil {
		ts.Fatalf("nothing lies at %s in %s", path, text)
	}
	return fmt.Sprint(at)
}
