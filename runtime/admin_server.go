package runtime

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbound"
)

// adminHeader must be on every request that administers something. A page of
// another site cannot send it: the browser would ask first, and is never told yes.
const adminHeader = "X-Latchwork-Admin"

// ServeAdmin answers administration on a listener until ctx ends: health,
// what Deps.AdminPages has, and under /admin/v1/ the administration of keys,
// sessions and users. On a Unix socket the file's mode says who may connect;
// elsewhere the secret of the configuration is asked for, where there is one.
func (s *Server) ServeAdmin(ctx context.Context, l net.Listener) error {
	local := l.Addr().Network() == "unix"
	return serve(ctx, l, s.AdminHandler(local), refuseAdmin, adminTimeout, s.deps.Logger, func() {})
}

// refuseAdmin answers a request that net/http has refused. Whatever its status,
// the fault is the client's.
func refuseAdmin(w http.ResponseWriter, _ *http.Request, f *engine.Failure) {
	writeJSON(w, f.Status, failureBody{[]failureEntry{{"client_error", f.Code, f.Message, nil}}})
}

// adminTimeout bounds one command of administration.
const adminTimeout = 30 * time.Second

// AdminHandler answers administration. Local says that only operators reach it,
// as through a Unix socket: then nobody is asked for a secret.
func (s *Server) AdminHandler(local bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", nothingThere)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", s.readiness)
	gate := adminGate{local: local, secret: s.deps.Config.Server.AdminSecret}
	gate.host, _, _ = net.SplitHostPort(s.deps.Config.Server.Admin)
	for pattern, page := range s.deps.AdminPages {
		mux.Handle(pattern, gate.before(page))
	}
	api := http.NewServeMux()
	api.HandleFunc("/admin/v1/", nothingThere)
	s.addKeys(api)
	s.addSessions(api)
	s.addUsers(api)
	s.addStore(api)
	mux.Handle("/admin/v1/", gate.before(adminOnly(api)))
	return mux
}

// nothingThere answers paths and methods that are none of administration's.
func nothingThere(w http.ResponseWriter, _ *http.Request) { writeFailure(w, errNoResource) }

// readiness says whether requests can be answered: flows are loaded, the stores
// answer, and the server is not about to stop.
func (s *Server) readiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	err := errors.New("runtime: no flows are loaded, or the server is stopping")
	if s.ready.Load() && !s.closing.Load() {
		err = nil
		if s.deps.Ready != nil {
			err = s.deps.Ready(ctx)
		}
	}
	if err != nil {
		s.deps.Logger.WarnContext(ctx, "not ready", "cause", err.Error())
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// adminGate keeps everybody but operators out.
type adminGate struct {
	local  bool
	secret string
	host   string // of the configured address
}

var (
	errAdminSecret  = engine.Fail(http.StatusUnauthorized, "missing_admin_secret", "Administration asks for its secret as a bearer token.")
	errNoRealm      = engine.Fail(http.StatusNotFound, "realm_not_found", "The application has no such realm.")
	errAdminBrowser = engine.Fail(http.StatusForbidden, "access_denied", "Administration does not answer pages of other sites.")
	errAdminTool    = engine.Fail(http.StatusForbidden, "access_denied", "Administration takes commands only with the header "+adminHeader+": 1, which tools send and pages of other sites cannot.")
)

// before asks for the secret and refuses what a browser was made to send: a page
// of another site, or a name of the attacker's that was pointed at this machine.
func (g adminGate) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case g.local:
		case g.secret != "" && !g.admits(first(r.Header["Authorization"])):
			writeFailure(w, errAdminSecret)
			return
		case g.secret == "" && !g.isOwnHost(r.Host), !isSameOrigin(r):
			writeFailure(w, errAdminBrowser)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// admits compares hashes, so that neither length nor content shows in the time.
func (g adminGate) admits(authorization string) bool {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(g.secret))
	return ok && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (g adminGate) isOwnHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return outbound.IsLoopback(host) || g.host != "" && strings.EqualFold(host, g.host)
}

// isSameOrigin reports whether a request is of no browser, or of a page of the
// administration itself.
func isSameOrigin(r *http.Request) bool {
	if site := first(r.Header["Sec-Fetch-Site"]); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := first(r.Header["Origin"])
	return origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host
}

// adminOnly asks for the header that only tools send.
func adminOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header[adminHeader] == nil {
			writeFailure(w, errAdminTool)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// maxAdminBody bounds the body of a command, but for imports.
const maxAdminBody = 1 << 20

// command makes a handler of one command. What it returns is the answer; nil is
// an answer without a body. Every command is logged with what it was done to and
// what it made.
func (s *Server) command(run func(r *http.Request, realm string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxAdminBody)
		s.runCommand(w, r, run)
	}
}

func (s *Server) runCommand(w http.ResponseWriter, r *http.Request, run func(r *http.Request, realm string) (any, error)) {
	realm := r.URL.Query().Get("realm")
	if realm == "" {
		realm = engine.MainRealm
	}
	if _, ok := s.deps.Config.Realms[realm]; !ok && realm != engine.MainRealm {
		writeFailure(w, errNoRealm)
		return
	}
	answer, err := run(r, realm)
	status := http.StatusOK
	var f *engine.Failure
	switch {
	case errors.As(err, &f):
		status = f.Status
		writeFailure(w, f)
	case err != nil:
		id := newRequestID()
		s.deps.Logger.ErrorContext(r.Context(), "admin", "id", id, "command", r.Pattern, "cause", err.Error())
		f = engine.Fail(http.StatusInternalServerError, "internal_server_error", "Something went wrong; the log says what.")
		f.Details = map[string]any{"id": id}
		writeFailure(w, f)
		return
	case answer == nil:
		status = http.StatusNoContent
		w.WriteHeader(status)
	default:
		writeJSON(w, status, answer)
	}
	user, name, n := nameForLog(r, "user", status), nameForLog(r, "name", status), 0
	if err == nil {
		switch made := answer.(type) {
		case KeyInfo:
			name = made.Name
		case UserInfo:
			user = made.ID
		case ImportReport:
			n = made.Imported
		case count:
			n = made.Count
		}
	}
	s.deps.Logger.InfoContext(r.Context(), "admin", "command", r.Pattern, "realm", realm,
		"user", user, "name", name, "session", nameForLog(r, "id", status), "count", n, "status", status)
}

// nameForLog is what a command was to be done to. What names nothing may be anything
// that somebody has pasted, a credential included, and what is one leaves its hash
// only.
func nameForLog(r *http.Request, key string, status int) string {
	text := r.PathValue(key)
	switch {
	case LooksLikeCredential(text):
		sum := sha256.Sum256([]byte(text))
		return "sha256:" + hex.EncodeToString(sum[:6])
	case text != "" && status >= 400 && status < 500:
		return "[unknown]"
	}
	return text
}

// LooksLikeCredential reports whether a text begins as a session's token, an API key or
// the token of a link does: it is shown and logged to nobody.
func LooksLikeCredential(text string) bool { return credential.MatchString(text) }

var credential = regexp.MustCompile(`^lw[a-z]_`)

// readCommand reads the body of a command. Unknown fields are refused.
func readCommand(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return engine.Fail(http.StatusBadRequest, "invalid_request_body_syntax", fmt.Sprintf("The body could not be read: %v.", err))
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"], h["X-Content-Type-Options"] = typeJSON, noStore, noSniff
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}

// failureBody is the shape of error answers of administration.
type failureBody struct {
	Errors []failureEntry `json:"errors"`
}

type failureEntry struct {
	Origin  string `json:"origin"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Details any    `json:"details,omitempty"`
}

func writeFailure(w http.ResponseWriter, f *engine.Failure) {
	origin := "client_error"
	if f.Status >= 500 {
		origin = "server_error"
	}
	writeJSON(w, f.Status, failureBody{[]failureEntry{{origin, f.Code, f.Message, f.Details}}})
}
