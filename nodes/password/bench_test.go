package password_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/user"
)

const (
	adaID = "ada0ada0ada0ada0ada0ada0"
	right = "correct horse battery staple"
)

// hashes is a password.Store that remembers what it was asked.
type hashes struct {
	mu     sync.Mutex
	stored map[[2]string]string // by realm and id; "" for a user without a password
	sets   []set
	notice outbox.Entry // of the last one
	reads  int
	broken error
}

type set struct {
	End  password.EndSessions
	Keep string
	At   engine.Instant
}

var _ password.Store = (*hashes)(nil)

func (h *hashes) Hash(_ context.Context, realm, userID string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads++
	if h.broken != nil {
		return "", h.broken
	}
	encoded := h.stored[[2]string{realm, userID}]
	if encoded == "" {
		return "", password.ErrNone
	}
	return encoded, nil
}

func (h *hashes) Set(_ context.Context, realm, userID, hash string, end password.EndSessions, keep string, notice outbox.Entry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return h.broken
	}
	key := [2]string{realm, userID}
	if _, known := h.stored[key]; !known {
		return password.ErrNone
	}
	h.stored[key] = hash
	h.notice = notice
	h.sets = append(h.sets, set{end, keep, notice.Created})
	return nil
}

func (h *hashes) Rehash(_ context.Context, realm, userID, old, new string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return false, h.broken
	}
	key := [2]string{realm, userID}
	if h.stored[key] != old {
		return false, nil
	}
	h.stored[key] = new
	return true, nil
}

// of is the hash of a user of the main realm.
func (h *hashes) of(userID string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stored[[2]string{engine.MainRealm, userID}]
}

// quick is a password.Hasher whose hashes are the algorithm and the password,
// "new:secret". It counts what it does.
type quick struct {
	mu      sync.Mutex
	counts  counts
	err     error  // what every slow method returns, if it is set
	hashErr error  // what Hash returns
	during  func() // called while a password is compared
}

type counts struct{ Hash, Verify, Decoy int }

var _ password.Hasher = (*quick)(nil)

func (q *quick) count(n func(*counts)) error {
	q.mu.Lock()
	n(&q.counts)
	err := q.err
	q.mu.Unlock()
	return err
}

func (q *quick) Hash(_ context.Context, text string) (string, error) {
	if err := q.count(func(c *counts) { c.Hash++ }); err != nil {
		return "", err
	}
	return "new:" + text, q.hashErr
}

func (q *quick) Verify(_ context.Context, text, encoded string) (bool, error) {
	err := q.count(func(c *counts) { c.Verify++ })
	if q.during != nil {
		q.during()
	}
	_, stored, _ := strings.Cut(encoded, ":")
	return stored == text && err == nil, err
}

func (q *quick) Decoy(context.Context, string) error { return q.count(func(c *counts) { c.Decoy++ }) }

func (q *quick) Stale(encoded string) bool { return !strings.HasPrefix(encoded, "new:") }

// worked is what was done since the last call.
func (q *quick) worked() counts {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.counts
	q.counts = counts{}
	return c
}

// bench is what a test works with.
type bench struct {
	at     time.Time
	store  *hashes
	hasher *quick
	tries  password.Tries
	words  []string
	log    bytes.Buffer
}

func newBench() *bench {
	return &bench{
		at: begin.Time(), hasher: &quick{}, tries: password.NewMemoryTries(password.TriesConfig{}),
		store: &hashes{stored: map[[2]string]string{{engine.MainRealm, adaID}: "new:" + right, {engine.MainRealm, bobID}: ""}},
	}
}

const (
	bobID                = "b0bb0bb0bb0bb0bb0bb0bb0b" // has no password
	begin engine.Instant = 1_700_000_000_000
)

func (b *bench) world() engine.World { return engine.World{Now: func() time.Time { return b.at }} }

func (b *bench) types() []engine.NodeType {
	return append(password.Nodes(password.Deps{
		Store: b.store, Tries: b.tries,
		Intake: password.Intake{Hasher: b.hasher, Service: []string{"Latchwork"}},
		Words:  func(context.Context, string, string) ([]string, error) { return b.words, nil },
		Log:    slog.New(slog.NewTextHandler(&b.log, nil)),
	}), redeem())
}

func (b *bench) node(name string) engine.NodeType {
	types := b.types()
	return types[slices.IndexFunc(types, func(n engine.NodeType) bool { return n.Name() == name })]
}

// server loads a flow.
func (b *bench) server(t *testing.T, source string) func(body map[string]any) *engine.Answer {
	t.Helper()
	serve := flowtest.Flow{Types: append(b.types(), user.Nodes(user.Deps{Store: people{}})...), Source: source, World: b.world()}.Server(t)
	return func(body map[string]any) *engine.Answer {
		return serve(t.Context(), flowtest.Flow{Body: body, UserID: adaID})
	}
}

// people is a user.Store with ada in it.
type people struct{ user.Store }

func (people) Find(_ context.Context, realm string, _ user.Identifier, value string) (user.User, error) {
	if realm == engine.MainRealm && slices.Contains([]string{adaID, "ada", "ada@example.com", "+4915112345678"}, value) {
		return user.User{ID: adaID}, nil
	}
	return user.User{}, user.ErrNotFound
}

type redeemWith struct {
	UserID string        `flow:"userId"`
	Token  engine.Secret `flow:"token,evidence"`
}

type redeemOutcomes struct {
	Redeemed engine.Outcome[engine.None] `flow:"redeemed" proves:"with.userId" grade:"reset" factor:"mailbox"`
}

// redeem is the node type test.redeem, which takes any token for one that was
// mailed to set a new password.
func redeem() engine.NodeType {
	return engine.Define("test.redeem", "Takes any token.", func(_ context.Context, _ redeemWith, out redeemOutcomes) (engine.Exit, error) {
		return out.Redeemed.Exit(engine.None{}), nil
	})
}

const signIn = `endpoints:
  - {method: POST, path: /sign-in, require: none}
input:
  identifier: {type: string}
  password: {type: string, secret: true}
nodes:
  - id: user
    use: user.get
    with:
      identifier: ${{ input.identifier }}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
    next: {mismatch: reject}
  - id: ok
    use: respond
    with:
      status: 204
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.identifier }}
      password: ${{ input.password }}
  - id: reject
    use: fail
    with:
      status: 401
      code: invalid_credentials
      message: The name or the password is wrong.
`

const confirm = `endpoints:
  - {method: POST, path: /confirm, require: session}
input:
  password: {type: string, secret: true}
nodes:
  - id: check
    use: password.check
    with:
      userId: ${{ session.userId }}
      password: ${{ input.password }}
    next: {mismatch: reject}
  - id: ok
    use: respond
    with:
      status: 204
  - id: reject
    use: fail
    with:
      status: 401
      code: invalid_credentials
      message: The password is wrong.
`

func credentials(identifier, password string) map[string]any {
	return map[string]any{"identifier": identifier, "password": password}
}
