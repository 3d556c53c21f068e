package runtime

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/latchwork/latchwork/engine"
)

// program is what the host needs of an *engine.Program.
type program interface {
	Flow() string
	Endpoint() engine.Endpoint
	Shape() *engine.Shape
	Run(ctx context.Context, req *engine.Request, ans *engine.Answer)
}

var _ program = (*engine.Program)(nil)

// route is one endpoint with what the host prepares for it.
type route struct {
	program  program
	endpoint engine.Endpoint
	flow     string
	noStore  bool // answers must not be cached
	guarded  bool // a browser's session is at stake: cross-site requests are checked
	recorder Recorder
}

// ServeHTTP makes a route a handler of gorilla/mux, which carries it from a path
// to table.find. It is never called.
func (*route) ServeHTTP(http.ResponseWriter, *http.Request) {}

// routeKey is a path without parameters, and a method.
type routeKey struct{ method, path string }

// table finds the route of a request. It is immutable.
//
// gorilla/mux takes the first match of a list, at a cost that grows with the
// list, so paths without parameters are looked up in a map before it.
type table struct {
	literal  map[routeKey]*route
	patterns *mux.Router // nil where no path has parameters
	shape    *engine.Shape
}

// tables are those of all realms. They are immutable once they are served.
type tables struct {
	main   *table
	realms map[string]*table
}

// of is the table of a realm.
func (t *tables) of(realm string) *table {
	if own := t.realms[realm]; own != nil {
		return own
	}
	return t.main
}

func (t *tables) put(realm string, own *table) {
	if t.realms == nil {
		t.realms = map[string]*table{}
	}
	t.realms[realm] = own
}

// newTable makes the table of a set of routes under a base path, which is ""
// or begins with a slash and does not end with one.
func newTable(basePath string, routes []*route, shape *engine.Shape) *table {
	t := &table{literal: map[routeKey]*route{}, shape: shape}
	var patterns []*route
	for _, r := range routes {
		if strings.Contains(r.endpoint.Path, "{") {
			patterns = append(patterns, r)
		} else {
			t.literal[routeKey{r.endpoint.Method, basePath + r.endpoint.Path}] = r
		}
	}
	if len(patterns) == 0 {
		return t
	}
	slices.SortStableFunc(patterns, func(a, b *route) int { return bySpecificity(a.endpoint.Path, b.endpoint.Path) })
	t.patterns = mux.NewRouter()
	for _, r := range patterns {
		t.patterns.NewRoute().Methods(r.endpoint.Method).Path(basePath + r.endpoint.Path).Handler(r)
	}
	return t
}

// bySpecificity orders paths so that where two match the same request, the one
// whose first different segment is fixed text comes first.
func bySpecificity(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		aParam, bParam := strings.HasPrefix(as[i], "{"), strings.HasPrefix(bs[i], "{")
		switch {
		case aParam && !bParam:
			return 1
		case bParam && !aParam:
			return -1
		case !aParam:
			if c := strings.Compare(as[i], bs[i]); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// find is the route for a method at the path of a request, with the values of
// the path's parameters; nil where there is none. A path with an encoded slash
// is nobody's: servers and proxies differ on what it means.
func (t *table) find(method string, r *http.Request) (*route, map[string]string) {
	if r.URL.RawPath != "" && hasEncodedSlash(r.URL.RawPath) {
		return nil, nil
	}
	if found := t.literal[routeKey{method, r.URL.Path}]; found != nil {
		return found, nil
	}
	if t.patterns == nil {
		return nil, nil
	}
	if method != r.Method {
		other := *r
		other.Method = method
		r = &other
	}
	var match mux.RouteMatch
	if !t.patterns.Match(r, &match) || match.MatchErr != nil {
		return nil, nil
	}
	return match.Handler.(*route), match.Vars
}

func hasEncodedSlash(path string) bool {
	return strings.Contains(path, "%2F") || strings.Contains(path, "%2f")
}

// methods are the methods that endpoints may have.
var methods = []string{"DELETE", "GET", "PATCH", "POST", "PUT"}

// at is all routes at the path of a request, in the order of their methods.
func (t *table) at(r *http.Request) []*route {
	var found []*route
	for _, method := range methods {
		if route, _ := t.find(method, r); route != nil {
			found = append(found, route)
		}
	}
	return found
}

// answersHead reports whether HEAD is answered as GET is. Where GET has effects
// it is not: mail scanners and link previews ask by HEAD before anybody clicks.
func (r *route) answersHead() bool { return r.endpoint.Method == "GET" && !r.endpoint.Effects }

// allowed are the methods by which a path with these routes can be asked.
func allowed(routes []*route) []string {
	var names []string
	for _, r := range routes {
		names = append(names, r.endpoint.Method)
		if r.answersHead() {
			names = append(names, "HEAD")
		}
	}
	names = append(names, "OPTIONS")
	slices.Sort(names)
	return names
}
