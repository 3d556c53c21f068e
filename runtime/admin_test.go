package runtime

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

// recorded is an Admin that writes down what it is asked.
type recorded struct{ calls []string }

func (r *recorded) call(parts ...string) { r.calls = append(r.calls, strings.Join(parts, " ")) }

type recordedKeys struct{ *recorded }

func (r recordedKeys) Create(_ context.Context, realm string, k NewKey) (KeyInfo, error) {
	r.call("create key", realm, k.Name, k.Kind, strings.Join(k.Scopes, ","), k.Expires.String())
	return KeyInfo{Name: k.Name, Secret: "lwk_secret"}, nil
}

func (r recordedKeys) List(_ context.Context, realm string) ([]KeyInfo, error) {
	r.call("list keys", realm)
	return []KeyInfo{}, nil
}

func (r recordedKeys) Rotate(_ context.Context, realm, name string, overlap time.Duration) (KeyInfo, error) {
	r.call("rotate key", realm, name, overlap.String())
	return KeyInfo{Name: name}, nil
}

func (r recordedKeys) Revoke(_ context.Context, realm, name string) (int, error) {
	r.call("revoke key", realm, name)
	if name == "unknown" {
		return 0, engine.Fail(404, "key_not_found", "There is no such key.")
	}
	if name == "broken" {
		return 0, errors.New("secret-canary")
	}
	return 2, nil
}

type recordedSessions struct{ *recorded }

func (r recordedSessions) List(_ context.Context, realm, user string) ([]SessionInfo, error) {
	r.call("list sessions", realm, user)
	return nil, nil
}

func (r recordedSessions) Revoke(_ context.Context, realm, user, id string) (int, error) {
	r.call("revoke sessions", realm, user, id)
	return 1, nil
}

type recordedUsers struct{ *recorded }

func (r recordedUsers) Add(_ context.Context, realm string, u NewUser) (UserInfo, error) {
	r.call("add user", realm, u.Email, u.Password)
	return UserInfo{ID: "7", Email: u.Email, SignUp: 1000}, nil
}

func (r recordedUsers) List(_ context.Context, realm, after string, limit int) ([]UserInfo, error) {
	r.call("list users", realm, after)
	return make([]UserInfo, limit), nil
}

func (r recordedUsers) Show(_ context.Context, realm, user string) (UserInfo, error) {
	r.call("show user", realm, user)
	return UserInfo{ID: user}, nil
}

func (r recordedUsers) SetPassword(_ context.Context, realm, user, password string) error {
	r.call("set password", realm, user, password)
	return nil
}

func (r recordedUsers) Delete(_ context.Context, realm, user string) error {
	r.call("delete user", realm, user)
	return nil
}

func (r recordedUsers) Disable(_ context.Context, realm, user string) error {
	r.call("disable user", realm, user)
	return nil
}

func (r recordedUsers) Enable(_ context.Context, realm, user string) error {
	r.call("enable user", realm, user)
	return nil
}

func (r recordedUsers) RemoveFactors(_ context.Context, realm, user string) error {
	r.call("remove factors", realm, user)
	return nil
}

func (r recordedUsers) Import(_ context.Context, realm string, lines io.Reader) (ImportReport, error) {
	n := 0
	for s := bufio.NewScanner(lines); s.Scan(); n++ {
	}
	r.call("import", realm)
	return ImportReport{Imported: n, Problems: []ImportProblem{{Line: 2, Message: "no"}}}, nil
}

// adminServer is a server with recorded administration, and its log.
func adminServer(t *testing.T, yaml string) (*Server, *recorded, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	r := &recorded{}
	s := New(Deps{
		Config:     configOf(t, yaml),
		Logger:     NewLogger(&log, slog.LevelInfo, true),
		Admin:      Admin{Keys: recordedKeys{r}, Sessions: recordedSessions{r}, Users: recordedUsers{r}},
		AdminPages: map[string]http.Handler{"GET /metrics": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
	})
	return s, r, &log
}

// TestAdminSocket administers a running server through its socket.
func TestAdminSocket(t *testing.T) {
	s, r, log := adminServer(t, "realms: {shop: {hosts: [shop.example.com]}}")
	path := filepath.Join(t.TempDir(), "app.db.sock")
	if err := os.WriteFile(path, []byte("left over"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("got %v, %v, want a socket of mode 0600", info.Mode(), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.ServeAdmin(ctx, l) }()
	a := DialAdmin(path)

	key, err := a.Keys.Create(ctx, "main", NewKey{Name: "a/b", Kind: "public", Scopes: []string{"x", "y"}, Expires: 1500})
	if err != nil || key.Secret != "lwk_secret" || key.Name != "a/b" {
		t.Errorf("create key: got %+v, %v", key, err)
	}
	if keys, err := a.Keys.List(ctx, "shop"); err != nil || keys == nil {
		t.Errorf("list keys: got %v, %v", keys, err)
	}
	if key, err := a.Keys.Rotate(ctx, "main", "a/b", 90*time.Minute); err != nil || key.Name != "a/b" {
		t.Errorf("rotate key: got %+v, %v", key, err)
	}
	if n, err := a.Keys.Revoke(ctx, "main", "a b?c"); err != nil || n != 2 {
		t.Errorf("revoke key: got %d, %v", n, err)
	}
	var f *engine.Failure
	if _, err := a.Keys.Create(ctx, "shopp", NewKey{Name: "x"}); !errors.As(err, &f) || f.Code != "realm_not_found" {
		t.Errorf("create key in no realm: got %v", err)
	}
	if _, err := a.Keys.Revoke(ctx, "main", "unknown"); !errors.As(err, &f) || f.Code != "key_not_found" || f.Status != 404 {
		t.Errorf("revoke unknown key: got %v", err)
	}
	if _, err := a.Keys.Revoke(ctx, "main", "broken"); !errors.As(err, &f) || f.Code != "internal_server_error" || strings.Contains(err.Error(), "canary") {
		t.Errorf("revoke broken key: got %v", err)
	}
	if sessions, err := a.Sessions.List(ctx, "main", "ann@example.com"); err != nil || sessions == nil {
		t.Errorf("list sessions: got %v, %v", sessions, err)
	}
	if n, err := a.Sessions.Revoke(ctx, "main", "ann@example.com", ""); err != nil || n != 1 {
		t.Errorf("revoke sessions: got %d, %v", n, err)
	}
	if n, err := a.Sessions.Revoke(ctx, "main", "ann@example.com", "5"); err != nil || n != 1 {
		t.Errorf("revoke session: got %d, %v", n, err)
	}
	if u, err := a.Users.Add(ctx, "main", NewUser{Email: "a@b.c", Password: "pw-canary"}); err != nil || u.ID != "7" || u.SignUp != 1000 {
		t.Errorf("add user: got %+v, %v", u, err)
	}
	if users, err := a.Users.List(ctx, "main", "5", 3); err != nil || len(users) != 3 {
		t.Errorf("list users: got %v, %v", users, err)
	}
	if err := a.Users.Disable(ctx, "main", "7"); err != nil {
		t.Errorf("disable user: %v", err)
	}
	if err := a.Users.Enable(ctx, "main", "7"); err != nil {
		t.Errorf("enable user: %v", err)
	}
	if u, err := a.Users.Show(ctx, "main", "a/b"); err != nil || u.ID != "a/b" {
		t.Errorf("show user: got %+v, %v", u, err)
	}
	if err := a.Users.SetPassword(ctx, "main", "7", "pw-canary"); err != nil {
		t.Errorf("set password: %v", err)
	}
	if err := a.Users.RemoveFactors(ctx, "main", "7"); err != nil {
		t.Errorf("remove factors: %v", err)
	}
	if err := a.Users.Delete(ctx, "main", "7"); err != nil {
		t.Errorf("delete user: %v", err)
	}
	lines := strings.Repeat("{\"email\":\"x\"}\n", 200_000) // beyond the limit of other commands
	if report, err := a.Users.Import(ctx, "main", strings.NewReader(lines)); err != nil || report.Imported != 200_000 || len(report.Problems) != 1 {
		t.Errorf("import: got %+v, %v", report, err)
	}

	stop()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if _, err := a.Keys.List(context.Background(), "main"); err == nil {
		t.Error("a stopped server answers")
	}
	want := []string{
		"create key main a/b public x,y 1970-01-01T00:00:01.500Z", "list keys shop", "rotate key main a/b 1h30m0s", "revoke key main a b?c",
		"revoke key main unknown", "revoke key main broken", "list sessions main ann@example.com", "revoke sessions main ann@example.com ",
		"revoke sessions main ann@example.com 5", "add user main a@b.c pw-canary", "list users main 5", "disable user main 7", "enable user main 7",
		"show user main a/b", "set password main 7 pw-canary", "remove factors main 7", "delete user main 7", "import main",
	}
	if diff := cmp.Diff(want, r.calls); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, line := range []string{
		`"command":"POST /admin/v1/keys","realm":"main","user":"","name":"a/b","session":"","count":0,"status":200`,
		`"command":"DELETE /admin/v1/keys/{name}","realm":"main","user":"","name":"a b?c","session":"","count":2,"status":200`,
		`"command":"DELETE /admin/v1/keys/{name}","realm":"main","user":"","name":"[unknown]","session":"","count":0,"status":404`,
		`"command":"POST /admin/v1/users","realm":"main","user":"7","name":"","session":"","count":0,"status":200`,
		`"command":"POST /admin/v1/import","realm":"main","user":"","name":"","session":"","count":200000,"status":200`,
	} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, log)
		}
	}
	if strings.Contains(log.String(), "pw-canary") || strings.Contains(log.String(), "lwk_secret") {
		t.Errorf("the log has a secret:\n%s", log)
	}
	if !strings.Contains(log.String(), "secret-canary") {
		t.Error("the log does not have the cause of an error")
	}
}

// TestAdminGate keeps browsers and strangers out of the administration by TCP.
func TestAdminGate_R64(t *testing.T) {
	const open, shut = "", "server: {admin: 0.0.0.0:8081, adminSecret: '${{ secrets.admin }}'}\nsecrets: {admin: {env: ADMIN_SECRET}}"
	const key, tool = "Authorization: Bearer 0123456789abcdef01234567", "X-Latchwork-Admin: 1"
	t.Setenv("ADMIN_SECRET", "0123456789abcdef01234567")
	tests := []struct {
		name, config, method, path string
		fields                     []string
		status                     int
	}{
		{"tool", open, "GET", "/admin/v1/keys", []string{"Host: localhost:8081", tool}, 200},
		{"tool by address", open, "GET", "/admin/v1/keys", []string{"Host: 127.0.0.1:8081", tool}, 200},
		{"tool by IPv6", open, "GET", "/admin/v1/keys", []string{"Host: [::1]:8081", tool}, 200},
		{"without the header", open, "GET", "/admin/v1/keys", []string{"Host: localhost:8081"}, 403},
		{"name of an attacker, DNS rebinding", open, "GET", "/admin/v1/keys", []string{"Host: evil.example:8081", tool}, 403},
		{"name that begins like loopback", open, "GET", "/admin/v1/keys", []string{"Host: 127.0.0.1.evil.example", tool}, 403},
		{"no name", open, "GET", "/admin/v1/keys", []string{"Host: ", tool}, 403},
		{"page of another site", open, "DELETE", "/admin/v1/keys/x", []string{"Host: localhost:8081", "Origin: https://evil.example", tool}, 403},
		{"page of another local port", open, "GET", "/admin/v1/keys", []string{"Host: localhost:8081", "Origin: http://localhost:3000", tool}, 403},
		{"page that a browser calls cross-site", open, "GET", "/metrics", []string{"Host: localhost:8081", "Sec-Fetch-Site: cross-site"}, 403},
		{"own page", open, "GET", "/admin/v1/keys", []string{"Host: localhost:8081", "Origin: http://localhost:8081", "Sec-Fetch-Site: same-origin", tool}, 200},
		{"browser's question", open, "OPTIONS", "/admin/v1/keys", []string{"Host: localhost:8081", "Origin: https://evil.example", "Access-Control-Request-Method: POST"}, 403},
		{"metrics", open, "GET", "/metrics", []string{"Host: localhost:8081"}, 200},
		{"metrics by a name of an attacker", open, "GET", "/metrics", []string{"Host: evil.example"}, 403},
		{"health", open, "GET", "/healthz", []string{"Host: anything"}, 200},

		{"with the secret", shut, "GET", "/admin/v1/keys", []string{"Host: admin.example", key, tool}, 200},
		{"without the secret", shut, "GET", "/admin/v1/keys", []string{"Host: localhost:8081", tool}, 401},
		{"wrong secret", shut, "GET", "/admin/v1/keys", []string{key + "x", tool}, 401},
		{"part of the secret", shut, "GET", "/admin/v1/keys", []string{key[:len(key)-1], tool}, 401},
		{"empty secret", shut, "GET", "/admin/v1/keys", []string{"Authorization: Bearer ", tool}, 401},
		{"raw secret", shut, "GET", "/admin/v1/keys", []string{"Authorization: 0123456789abcdef01234567", tool}, 401},
		{"secret without the header", shut, "GET", "/admin/v1/keys", []string{key}, 403},
		{"metrics without the secret", shut, "GET", "/metrics", nil, 401},
		{"metrics with the secret", shut, "GET", "/metrics", []string{key}, 200},
		{"health without the secret", shut, "GET", "/healthz", nil, 200},

		{"no such command", open, "GET", "/admin/v1/nothing", []string{"Host: localhost", tool}, 404},
		{"no such page", open, "GET", "/nothing", []string{"Host: localhost"}, 404},
		{"no such method of a page", open, "POST", "/healthz", []string{"Host: localhost"}, 404},
		{"no such method", open, "PUT", "/admin/v1/keys", []string{"Host: localhost", tool}, 404},
		{"bad body", open, "POST", "/admin/v1/keys", []string{"Host: localhost", tool}, 400},
		{"bad limit", open, "GET", "/admin/v1/users?limit=0", []string{"Host: localhost", tool}, 400},
		{"bad overlap", open, "POST", "/admin/v1/keys/x/rotate?overlap=soon", []string{"Host: localhost", tool}, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, _ := adminServer(t, tt.config)
			res := send(s.AdminHandler(false), tt.method, tt.path, "", tt.fields...)
			if res.StatusCode != tt.status {
				t.Errorf("got %d %s, want %d", res.StatusCode, text(res), tt.status)
			}
			if got := res.Header.Get("Content-Type"); tt.status >= 400 && got != typeJSON[0] {
				t.Errorf("got type %q, want JSON", got)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control") {
					t.Errorf("the answer has %s", name)
				}
			}
		})
	}
}

func TestUnknownFieldsOfCommands(t *testing.T) {
	s, r, _ := adminServer(t, "")
	res := send(s.AdminHandler(true), "POST", "/admin/v1/users", `{"email":"a@b.c","status":"active"}`, "X-Latchwork-Admin: 1")
	if res.StatusCode != 400 || len(r.calls) > 0 {
		t.Errorf("got %d, %q, want 400 and no call", res.StatusCode, r.calls)
	}
	res = send(s.AdminHandler(true), "POST", "/admin/v1/users", `{"name":"`+strings.Repeat("x", maxAdminBody)+`"}`, "X-Latchwork-Admin: 1")
	if res.StatusCode != 400 || len(r.calls) > 0 {
		t.Errorf("got %d, %q, want 400 and no call", res.StatusCode, r.calls)
	}
}

func TestReadiness(t *testing.T) {
	broken := errors.New("no database")
	var state error
	s := New(Deps{Config: DefaultConfig(), Ready: func(context.Context) error { return state }})
	ask := func(path string) int {
		w := httptest.NewRecorder()
		s.AdminHandler(true).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code
	}
	if got := ask("/readyz"); got != 503 {
		t.Errorf("without flows: got %d, want 503", got)
	}
	s.serve(&tables{main: newTable("", nil, &engine.Shape{})})
	if got := ask("/readyz"); got != 200 {
		t.Errorf("with flows: got %d, want 200", got)
	}
	state = broken
	if got := ask("/readyz"); got != 503 {
		t.Errorf("without a database: got %d, want 503", got)
	}
	state = nil
	s.closing.Store(true)
	if got := ask("/readyz"); got != 503 {
		t.Errorf("while stopping: got %d, want 503", got)
	}
	if got := ask("/healthz"); got != 200 {
		t.Errorf("health while stopping: got %d, want 200", got)
	}
}
