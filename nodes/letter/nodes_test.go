package letter

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

func (s *sink) Send(_ context.Context, m Message) error {
	s.got = append(s.got, m)
	return s.err
}

// box is an outbox.Store that only takes entries in.
type box struct {
	outbox.Store
	got []outbox.Entry
	err error
}

func (b *box) Add(_ context.Context, e outbox.Entry) error {
	b.got = append(b.got, e)
	return b.err
}

// people is a user.Store with one user in two realms.
type people struct{ user.Store }

const adaID = "ada0ada0ada0ada0ada0ada0"

func (people) Find(_ context.Context, realm string, by user.Identifier, value string) (user.User, error) {
	switch {
	case value == "broken":
		return user.User{}, errors.New("disk on fire")
	case by != user.ByID || value != adaID:
		return user.User{}, user.ErrNotFound
	case realm == "shop":
		return user.User{ID: adaID}, nil
	}
	return user.User{ID: adaID, Name: given("Ada"), Email: given("ada@example.com"), Phone: given("+4930123456")}, nil
}

func newKey(t *testing.T) *seal.Key {
	t.Helper()
	made, err := seal.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := seal.Parse(made)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const flow = `
endpoints:
  - {method: POST, path: /, require: none}
input:
  to: {type: string, optional: true}
  userId: {type: string, optional: true}
  code: {type: string}
nodes:
  - id: told
    use: mail.send
    with:
      userId: ${{ input.userId }}
      template: hello
      vars: {code: "${{ input.code }}"}
  - id: ok
    use: respond
    with: {status: 202}
`

// What a node sends is an entry and nothing else, and what is in it is written at its
// delivery.
func TestSendNode(t *testing.T) {
	b, key := &box{}, newKey(t)
	now := func() time.Time { return time.UnixMilli(7) }
	f := flowtest.Flow{Types: Nodes(Deps{Outbox: b, Key: key}), Source: flow, World: engine.World{Now: now}, Body: map[string]any{"userId": adaID, "code": "canary-123"}}
	if a := f.Run(t.Context(), t); a.Status != 202 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if len(b.got) != 1 {
		t.Fatalf("got %d entries", len(b.got))
	}
	e := b.got[0]
	if bytes.Contains(e.Body, []byte("canary")) {
		t.Errorf("R-23: the variable can be read: %s", e.Body)
	}
	want := outbox.Entry{Realm: "main", Kind: outbox.Mail, UserID: adaID, Body: e.Body, Created: 7, Due: 7}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p, s := newPost(t, map[string]string{"hello.mail.txt": "Subject: Hello {{.User.Name}}\n\n{{.Vars.code}}", "other.mail.txt": "Subject: x\n\n{{.Vars.code}}"})
	p.Users, p.Key = people{}, key
	deliver := p.Handlers()[outbox.Mail]
	if err := deliver(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got := []Message{{Channel: ByMail, Template: "hello", To: "ada@example.com", Subject: "Hello Ada", Text: "canary-123"}}
	if diff := cmp.Diff(got, s.got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// The variables are for this user, realm, template and key.
	moved, realm, template := e, e, e
	moved.UserID, realm.Realm = "b0bb0bb0bb0bb0bb0bb0bb0b", "shop"
	template.Body = bytes.Replace(e.Body, []byte("hello"), []byte("other"), 1)
	for name, e := range map[string]outbox.Entry{"user": moved, "realm": realm, "template": template} {
		if err := deliver(t.Context(), e); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("R-23 another %s: got %v, want seal.ErrBroken", name, err)
		}
	}
	p.Key = newKey(t)
	if err := deliver(t.Context(), e); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("R-23 another key: got %v, want seal.ErrBroken", err)
	}
}

// The answer is the same whoever the user is, and whether the address is one.
func TestSendNodeTellsNothing(t *testing.T) {
	to := strings.Replace(strings.Replace(flow, "userId: ${{ input.userId }}", "to: ${{ input.to }}", 1), "mail.send", "message.send", 1)
	for name, f := range map[string]flowtest.Flow{
		"an unknown user": {Source: flow, Body: map[string]any{"userId": "nobody", "code": "1"}},
		"a user":          {Source: flow, Body: map[string]any{"userId": adaID, "code": "1"}},
		"an address":      {Source: to, Body: map[string]any{"to": "+4930123456", "code": "1"}},
		"no address":      {Source: to, Body: map[string]any{"to": "", "code": "1"}},
	} {
		b := &box{}
		f.Types = Nodes(Deps{Outbox: b, Key: newKey(t)})
		if a := f.Run(t.Context(), t); a.Status != 202 || len(b.got) != 1 {
			t.Errorf("%s: got %d %s, %d entries", name, a.Status, a.Body, len(b.got))
		}
	}
}

func TestSendNodeFails(t *testing.T) {
	types := func(b *box, k *seal.Key) []engine.NodeType { return Nodes(Deps{Outbox: b, Key: k}) }
	for name, test := range map[string]struct {
		flow flowtest.Flow
		want int
	}{
		"nobody":      {flowtest.Flow{Types: types(&box{}, newKey(t)), Body: map[string]any{"code": "1"}}, 400},
		"no key":      {flowtest.Flow{Types: types(&box{}, nil), Body: map[string]any{"userId": adaID, "code": "1"}}, 500},
		"a full disk": {flowtest.Flow{Types: types(&box{err: errors.New("full")}, newKey(t)), Body: map[string]any{"userId": adaID, "code": "1"}}, 500},
	} {
		test.flow.Source = flow
		if a := test.flow.Run(t.Context(), t); a.Status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, a.Status, a.Body, test.want)
		}
	}
	both := strings.Replace(flow, "template: hello", "to: ada@example.com\n      template: hello", 1)
	neither := strings.Replace(flow, "      userId: ${{ input.userId }}\n", "", 1)
	for name, source := range map[string]string{"both": strings.Replace(both, "userId: ${{ input.userId }}", "userId: "+adaID, 1), "neither": neither} {
		if diags := (flowtest.Flow{Types: types(&box{}, nil), Source: source}).Load(t); len(diags) == 0 {
			t.Errorf("%s: the loader takes the flow", name)
		}
	}
}

func TestExamples(t *testing.T) {
	types := Nodes(Deps{Outbox: &box{}})
	for _, n := range types {
		f := flowtest.Example(n, types)
		f.UserID = adaID
		if a := f.Run(t.Context(), t); a.Status != 204 {
			t.Errorf("%s: got %d %s", n.Name(), a.Status, a.Body)
		}
	}
}

// What a carrier refuses for good is logged, and what it could not do is left to the
// worker.
func TestRefused(t *testing.T) {
	for err, logged := range map[error]bool{outbox.ErrDrop: true, errors.New("away"): false} {
		p, s := newPost(t, map[string]string{"a.mail.txt": "Subject: a\n\na"})
		s.err = err
		got := p.Send(t.Context(), Letter{Channel: ByMail, Template: "a", To: "ada@example.com"})
		if !errors.Is(got, err) || strings.Contains(s.log.String(), "a letter is not sent") != logged {
			t.Errorf("%v: got %v, log %s", err, got, s.log.String())
		}
	}
}

// Entries of users who cannot be reached end; those that cannot be looked up do not.
func TestDeliver(t *testing.T) {
	p, s := newPost(t, map[string]string{"a.mail.txt": "Subject: a\n\na", "a.message.txt": "a {{.User.Email}}"})
	p.Users = people{}
	ctx := t.Context()
	notice := func(realm, userID string) outbox.Entry { return Notice(ctx, realm, "a", userID) }
	message := notice("main", adaID)
	message.Kind = outbox.Message
	broken := notice("main", adaID)
	broken.Body = []byte("{")
	for _, test := range []struct {
		name string
		e    outbox.Entry
		to   string // "" if it is not sent
		drop bool
	}{
		{"a notice", notice("main", adaID), "ada@example.com", false},
		{"a message", message, "+4930123456", false},
		{"nobody", notice("main", "b0bb0bb0bb0bb0bb0bb0bb0b"), "", true},
		{"without an address", notice("shop", adaID), "", true},
		{"a broken store", notice("main", "broken"), "", false},
		{"a broken entry", broken, "", false},
	} {
		s.got = nil
		err := p.Handlers()[test.e.Kind](ctx, test.e)
		sent := slices.ContainsFunc(s.got, func(m Message) bool { return m.To == test.to })
		if sent != (test.to != "") || errors.Is(err, outbox.ErrDrop) != test.drop || (err == nil) != sent {
			t.Errorf("%s: got %v, %+v", test.name, err, s.got)
		}
	}
	if s.log.String() != "" {
		t.Errorf("got the log %s", s.log.String())
	}
}

// Letters open accounts, so only a log for development has them.
func TestLog(t *testing.T) {
	for show, want := range map[bool]bool{true: true, false: false} {
		var got bytes.Buffer
		l := Log{Logger: slog.New(slog.NewJSONHandler(&got, nil)), Show: show}
		if err := l.Send(t.Context(), Message{Channel: ByMail, Template: "hello", To: "ada@example.com", Subject: "canary", Text: "canary"}); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(got.Bytes()) || strings.Contains(got.String(), "canary") != want || !strings.Contains(got.String(), "hello") {
			t.Errorf("show %t: got %s", show, got.String())
		}
	}
}
