package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchwork/latchwork/cmd/internal/app"
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/limit"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/runtime"
)

// faults makes one call of the stores fail.
type faults struct {
	at     int64 // the call, counted from 1; 0 for none
	calls  atomic.Int64
	opened atomic.Int64 // sessions
	how    func() error
}

// begin says which call fails from now on.
func (f *faults) begin(at int64) {
	f.at = at
	f.calls.Store(0)
	f.opened.Store(0)
}

// next is called before a call of a store.
func (f *faults) next() error {
	if f.calls.Add(1) != f.at {
		return nil
	}
	return f.how()
}

type faultyUsers struct {
	user.Store
	*faults
}

func (s faultyUsers) Find(ctx context.Context, realm string, by user.Identifier, value string) (user.User, error) {
	if err := s.next(); err != nil {
		return user.User{}, err
	}
	return s.Store.Find(ctx, realm, by, value)
}

func (s faultyUsers) Create(ctx context.Context, realm string, u user.User, hash string) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.Create(ctx, realm, u, hash)
}

type faultyPasswords struct {
	password.Store
	*faults
}

func (s faultyPasswords) Hash(ctx context.Context, realm, userID string) (string, error) {
	if err := s.next(); err != nil {
		return "", err
	}
	return s.Store.Hash(ctx, realm, userID)
}

type faultyHasher struct {
	password.Hasher
	*faults
}

func (h faultyHasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.next(); err != nil {
		return "", err
	}
	return h.Hasher.Hash(ctx, password)
}

func (h faultyHasher) Verify(ctx context.Context, password, encoded string) (bool, error) {
	if err := h.next(); err != nil {
		return true, err
	}
	return h.Hasher.Verify(ctx, password, encoded)
}

func (h faultyHasher) Decoy(ctx context.Context, password string) error {
	if err := h.next(); err != nil {
		return err
	}
	return h.Hasher.Decoy(ctx, password)
}

type faultyTries struct {
	password.Tries
	*faults
}

func (s faultyTries) Reserve(ctx context.Context, t password.Target, at engine.Instant) (password.Settle, error) {
	if err := s.next(); err != nil {
		return func(context.Context, password.Result, engine.Instant) error { return nil }, err
	}
	settle, err := s.Tries.Reserve(ctx, t, at)
	if settle == nil {
		return nil, err
	}
	return func(ctx context.Context, r password.Result, at engine.Instant) error {
		if err := s.next(); err != nil {
			return err
		}
		return settle(ctx, r, at)
	}, err
}

type faultyLimits struct {
	limit.Store
	*faults
}

func (s faultyLimits) Take(ctx context.Context, key string, max int, per time.Duration, at engine.Instant) (time.Duration, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	return s.Store.Take(ctx, key, max, per, at)
}

type faultyKeys struct {
	key.Store
	*faults
}

func (s faultyKeys) Find(ctx context.Context, realm string, hash key.Hash) (key.Key, error) {
	k, err := s.Store.Find(ctx, realm, hash)
	return k, errors.Join(s.next(), err)
}

type faultySessions struct {
	session.Store
	*faults
}

func (s faultySessions) Create(ctx context.Context, realm string, r session.Record, l session.Limit) (session.Found, error) {
	if err := s.next(); err != nil {
		return session.Found{}, err
	}
	s.opened.Add(1)
	return s.Store.Create(ctx, realm, r, l)
}

func (s faultySessions) Find(ctx context.Context, realm string, hash session.Hash) (*session.Found, error) {
	f, err := s.Store.Find(ctx, realm, hash)
	return f, errors.Join(s.next(), err)
}

func (s faultySessions) List(ctx context.Context, realm, userID string, at engine.Instant) ([]session.Found, error) {
	list, err := s.Store.List(ctx, realm, userID, at)
	return list, errors.Join(s.next(), err)
}

func (s faultySessions) Delete(ctx context.Context, realm, userID string, which session.Selection) (int, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	return s.Store.Delete(ctx, realm, userID, which)
}

// faultyApp is the quickstart, whose stores and hasher fail as they are told.
type faultyApp struct {
	*faults
	t       *testing.T
	server  *runtime.Server
	key     string
	clients int // that have called, each from an address of its own
	signUps int
}

func newFaultyApp(t *testing.T) *faultyApp {
	t.Helper()
	dir := t.TempDir()
	if err := app.Copy(dir, "../examples/quickstart"); err != nil {
		t.Fatal(err)
	}
	p := &program{stdout: io.Discard, stderr: io.Discard}
	a, err := p.openApplication(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b, err := openBackend(t.Context(), a, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	f := &faults{}
	// Managers of its own: those of the backend write last uses meanwhile.
	d := &b.deps
	d.Sessions = &session.Manager{Store: faultySessions{b.sessions.Store, f}, Config: b.sessions.Config}
	d.Keys = &key.Manager{Store: faultyKeys{b.keys.Store, f}, Config: b.keys.Config}
	d.Users, d.Passwords, d.Tries = faultyUsers{d.Users, f}, faultyPasswords{d.Passwords, f}, faultyTries{d.Tries, f}
	d.Intake.Hasher, d.Limits = faultyHasher{d.Intake.Hasher, f}, faultyLimits{limit.NewMemory(0), f}
	server, _, err := p.server(a, b, log)
	if err != nil {
		t.Fatal(err)
	}
	if diags := server.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	k, err := b.admin().Keys.Create(t.Context(), engine.MainRealm, runtime.NewKey{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return &faultyApp{faults: f, t: t, server: server, key: k.Secret}
}

func (a *faultyApp) call(method, path, body string, header ...string) (int, string) {
	a.clients++
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = fmt.Sprintf("198.18.%d.%d:1", a.clients/250, a.clients%250)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (a *faultyApp) signIn(email, password string) (int, string) {
	return a.call("POST", "/sign-in", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), "Authorization", a.key)
}

// signUp makes an account that there was not before.
func (a *faultyApp) signUp() (int, string) {
	a.signUps++
	return a.call("POST", "/sign-up", fmt.Sprintf(`{"email":"eve%d@example.com","password":"seven violet teapots"}`, a.signUps), "Authorization", a.key)
}

// session opens one while nothing fails, for a request that follows.
func (a *faultyApp) session() string {
	at := a.at
	a.begin(0)
	status, text := a.signUp()
	if status != http.StatusCreated {
		a.t.Fatalf("got %d %s, want 201", status, text)
	}
	a.begin(at)
	return tokenIn(a.t, text)
}

// whichever call of a store or of the hasher fails, and however, the
// answer is an error, and nobody gets a session or what belongs to one, or is told
// that something was done.
func TestFaultsOpenNothing(t *testing.T) {
	a := newFaultyApp(t)
	const email, right, wrong = "ada@example.com", "seven violet teapots", "nine orange cupboards"
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, right)
	status, text := a.call("POST", "/sign-up", body, "Authorization", a.key)
	if status != http.StatusCreated {
		t.Fatalf("got %d %s, want 201", status, text)
	}
	token := tokenIn(t, text)
	tests := []struct {
		name   string
		send   func() (int, string)
		status int // without a fault
		calls  int // of stores, at least
	}{
		{"sign-up", a.signUp, 201, 5},
		{"sign-in", func() (int, string) { return a.signIn(email, right) }, 200, 7},
		{"wrong password", func() (int, string) { return a.signIn(email, wrong) }, 401, 6},
		{"unknown address", func() (int, string) { return a.signIn("eve@example.com", "x") }, 401, 5},
		{"who am I", func() (int, string) { return a.call("GET", "/me", "", "Session", token) }, 200, 2},
		{"sessions", func() (int, string) { return a.call("GET", "/sessions", "", "Session", token) }, 200, 2},
		{"sign-out of others", func() (int, string) { return a.call("POST", "/sign-out-others", "", "Session", token) }, 200, 2},
		{"sign-out", func() (int, string) { return a.call("POST", "/sign-out", "", "Session", a.session()) }, 204, 2},
	}
	for name, how := range map[string]func() error{
		"error":   func() error { return errors.New("disk on fire") },
		"absent":  func() error { return user.ErrNotFound },
		"panic":   func() error { panic("disk on fire") },
		"timeout": func() error { return context.DeadlineExceeded },
	} {
		for _, tt := range tests {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				a.how = how
				a.begin(0)
				if status, text := tt.send(); status != tt.status {
					t.Fatalf("without a fault: got %d %s, want %d", status, text, tt.status)
				}
				calls := a.calls.Load()
				if calls < int64(tt.calls) {
					t.Errorf("got %d calls of stores, want %d at least", calls, tt.calls)
				}
				for at := int64(1); at <= calls; at++ {
					a.begin(at)
					status, text := tt.send()
					if status < 400 || strings.Contains(text, "lws_") || strings.Contains(text, "@example") || strings.Contains(text, "fire") {
						t.Errorf("call %d fails: got %d %s, want an error that tells nothing", at, status, text)
					}
					if opened := a.opened.Load(); opened > 0 {
						t.Errorf("call %d fails: got %d sessions that were opened, want none", at, opened)
					}
				}
			})
		}
	}
}
