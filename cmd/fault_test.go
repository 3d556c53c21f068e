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
	at    int64 // the call, counted from 1; 0 for none
	calls atomic.Int64
	how   func() error
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
	return s.Store.Create(ctx, realm, r, l)
}

func (s faultySessions) Find(ctx context.Context, realm string, hash session.Hash) (*session.Found, error) {
	f, err := s.Store.Find(ctx, realm, hash)
	return f, errors.Join(s.next(), err)
}

// whichever call of a store or of the hasher fails, and however, the
// answer is an error, and nobody gets a session or what belongs to one.
func TestFaultsOpenNothing(t *testing.T) {
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
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
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
	client := 0
	call := func(method, path, body string, header ...string) (int, string) {
		client++
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr = fmt.Sprintf("198.18.%d.%d:1", client/250, client%250)
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const right, wrong = `{"email":"ada@example.com","password":"seven violet teapots"}`, `{"email":"ada@example.com","password":"nine orange cupboards"}`
	status, text := call("POST", "/sign-up", right, "Authorization", k.Secret)
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
		{"sign-in", func() (int, string) { return call("POST", "/sign-in", right, "Authorization", k.Secret) }, 200, 7},
		{"wrong password", func() (int, string) { return call("POST", "/sign-in", wrong, "Authorization", k.Secret) }, 401, 6},
		{"unknown address", func() (int, string) {
			return call("POST", "/sign-in", `{"email":"eve@example.com","password":"x"}`, "Authorization", k.Secret)
		}, 401, 5},
		{"who am I", func() (int, string) { return call("GET", "/me", "", "Session", token) }, 200, 2},
	}
	for name, how := range map[string]func() error{
		"error":   func() error { return errors.New("disk on fire") },
		"absent":  func() error { return user.ErrNotFound },
		"panic":   func() error { panic("disk on fire") },
		"timeout": func() error { return context.DeadlineExceeded },
	} {
		for _, tt := range tests {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				f.how, f.at = how, 0
				f.calls.Store(0)
				if status, text := tt.send(); status != tt.status {
					t.Fatalf("without a fault: got %d %s, want %d", status, text, tt.status)
				}
				calls := f.calls.Load()
				if calls < int64(tt.calls) {
					t.Errorf("got %d calls of stores, want %d at least", calls, tt.calls)
				}
				for f.at = 1; f.at <= calls; f.at++ {
					f.calls.Store(0)
					status, text := tt.send()
					if status < 400 || strings.Contains(text, "lws_") || strings.Contains(text, "ada@") || strings.Contains(text, "fire") {
						t.Errorf("call %d fails: got %d %s, want an error that tells nothing", f.at, status, text)
					}
				}
			})
		}
	}
}
