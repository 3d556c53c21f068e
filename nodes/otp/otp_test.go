package otp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

const (
	ann   = "aaaaaaaaaaaaaaaaaaaaaaaa" // has an address
	bob   = "bbbbbbbbbbbbbbbbbbbbbbbb" // has a number
	eve   = "eeeeeeeeeeeeeeeeeeeeeeee" // is disabled
	nemo  = "cccccccccccccccccccccccc" // has neither
	email = "ann@example.com"
	phone = "+4930123456"
)

// bench is what a test works with.
type bench struct {
	*testing.T
	store   *memory
	m       *otp.Manager
	courier *otp.Courier
	now     time.Time
	fixed   bool // the worker makes the same digits each time
	sent    []letter.Message
	lost    error // what the carrier returns
	binding string
}

func newBench(t *testing.T) *bench {
	text := func(s string) *string { return &s }
	key, err := seal.New(bytes.Repeat([]byte{7}, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	templates, err := letter.NewTemplates(fstest.MapFS{
		"code.mail.txt":    {Data: []byte("Subject: Code\n\n{{with .User}}{{.Email}} {{end}}{{.Code}} {{.Minutes}}\n")},
		"code.message.txt": {Data: []byte("{{.Code}} {{.Minutes}}")},
		"own.message.txt":  {Data: []byte("own {{.Code}}")},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	users := &people{all: []user.User{
		{ID: ann, Email: text(email), Phone: text("+4930777777"), Status: user.Active},
		{ID: bob, Phone: text(phone), Status: user.Active},
		{ID: eve, Email: text("eve@example.com"), Status: user.Disabled},
		{ID: nemo, Status: user.Active},
	}}
	b := &bench{T: t, store: &memory{}, now: time.UnixMilli(1_700_000_000_000)}
	b.m = &otp.Manager{Store: b.store, Users: users, Key: key, Tries: password.NewMemoryTries(password.TriesConfig{})}
	log := slog.New(slog.DiscardHandler)
	post := &letter.Post{Templates: templates, Users: users, Mail: b, Messages: b, PublicURL: func(string) string { return "" }, Log: log}
	b.courier = &otp.Courier{Manager: b.m, Post: post}
	return b
}

// Send is part of letter.Carrier.
func (b *bench) Send(_ context.Context, m letter.Message) error {
	b.sent = append(b.sent, m)
	return b.lost
}

func (b *bench) world() engine.World { return engine.World{Now: func() time.Time { return b.now }} }

func (b *bench) flow(require, nodes string, body map[string]any) flowtest.Flow {
	return flowtest.Flow{
		Types: append(otp.Nodes(b.m), b.keep()), World: b.world(), Body: body,
		Purposes: map[string]string{"sign-in": "signIn", "verify": "address", "reset": "reset"},
		Source: "endpoints:\n  - {method: POST, path: /, require: " + require + "}\ninput:\n" +
			"  to: {type: string, optional: true}\n  code: {type: string, secret: true, optional: true}\n" +
			"  binding: {type: string, secret: true, optional: true}\nnodes:" + nodes,
	}
}

type keepWith struct {
	Value engine.Secret `flow:"value" secret:"minted"`
}

type keepOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

// keep remembers a binding, as a browser does.
func (b *bench) keep() engine.NodeType {
	return engine.Define("test.keep", "Takes a binding.", func(_ context.Context, in keepWith, out keepOutcomes) (engine.Exit, error) {
		b.binding = in.Value.Reveal()
		return out.Done.Exit(engine.None{}), nil
	})
}

// ask sends a code; with is what otp.send gets.
func (b *bench) ask(with, to, userID string) *engine.Answer {
	b.Helper()
	require := "none"
	if userID != "" {
		require = "session"
	}
	f := b.flow(require, `
  - id: code
    use: otp.send
    with: {`+with+`}
  - id: keep
    use: test.keep
    with:
      value: ${{ code.binding }}
  - id: ok
    use: respond
    with:
      body:
        channel: ${{ code.channel }}
`, map[string]any{"to": to})
	f.UserID = userID
	return f.Run(b.Context(), b)
}

const (
	byEmail = `email: "${{ input.to }}"`
	byPhone = `phone: "${{ input.to }}"`
)

// mustAsk sends a code and delivers it.
func (b *bench) mustAsk(with, to string) string {
	b.Helper()
	if a := b.ask(with, to, ""); a.Status != 200 {
		b.Fatalf("got %d %s, want 200", a.Status, a.Body)
	}
	if err := b.deliver(); err != nil {
		b.Fatal(err)
	}
	return b.digits()
}

// deliver delivers the entry that was written last.
func (b *bench) deliver() error {
	b.Helper()
	world := b.world()
	if b.fixed {
		world.Random = bytes.NewReader(bytes.Repeat([]byte{5}, 1000))
	}
	ctx := engine.WithWorld(b.Context(), world)
	return b.courier.Deliver(ctx, b.store.entries[len(b.store.entries)-1])
}

// digits are those of the last letter.
func (b *bench) digits() string {
	b.Helper()
	for _, word := range strings.Fields(b.sent[len(b.sent)-1].Text) {
		if len(word) == 6 && word[0] >= '1' && word[0] <= '9' {
			return word
		}
	}
	b.Fatalf("got %q, want a code", b.sent[len(b.sent)-1].Text)
	return ""
}

// check is a flow that checks a code; with is what otp.check gets besides it.
func (b *bench) check(with string) func(body map[string]any) int {
	b.Helper()
	f := b.flow("none", `
  - id: code
    use: otp.check
    with: {code: "${{ input.code ?? '' }}", `+with+`}
    next: {mismatch: wrong}
  - id: ok
    use: respond
    with:
      body:
        channel: ${{ code.channel }}
  - id: wrong
    use: fail
    with: {status: 401, code: invalid_code, message: No.}
`, nil)
	serve := f.Server(b)
	return func(body map[string]any) int { return serve(b.Context(), flowtest.Flow{Body: body}).Status }
}

const (
	signIn     = ", purpose: sign-in"
	checkEmail = `email: "${{ input.to }}"` + signIn
	checkPhone = `phone: "${{ input.to }}"` + signIn
	checkBound = `binding: "${{ input.binding }}"` + signIn
	checkBoth  = `binding: "${{ input.binding }}", email: "${{ input.to }}"` + signIn
)

func wrong(digits string) string {
	if digits == "100000" {
		return "100001"
	}
	return "100000"
}

func (b *bench) want(what string, got, want int) {
	b.Helper()
	if got != want {
		b.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// a code shows who holds an address, once.
func TestCode(t *testing.T) {
	for _, c := range []struct {
		name, send, check, to string
		bound                 bool
	}{
		{"mail", byEmail, checkEmail, " ANN@example.com", false},
		{"message", byPhone, checkPhone, "+49 30 123456", false},
		{"bound", byEmail, checkBound, email, true},
		{"both", byEmail, checkBoth, email, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			digits := b.mustAsk(c.send+signIn, c.to)
			body := map[string]any{"code": digits[:3] + " " + digits[3:], "to": c.to}
			if c.bound {
				body["binding"] = b.binding
			}
			check := b.check(c.check)
			b.want("the code", check(body), 200)
			b.want("a second time", check(body), 401)
			if m := b.sent[0]; !strings.HasSuffix(strings.TrimSpace(m.Text), "10") {
				t.Errorf("got %q, want the minutes", m.Text)
			}
		})
	}
}

// of many at once one gets in.
func TestOneGetsIn(t *testing.T) {
	b := newBench(t)
	digits := b.mustAsk(byEmail+signIn, email)
	check := b.check(checkEmail)
	var group sync.WaitGroup
	var won atomic.Int64
	for range 50 {
		group.Go(func() {
			if check(map[string]any{"code": digits, "to": email}) == 200 {
				won.Add(1)
			}
		})
	}
	group.Wait()
	b.want("how many got in", int(won.Load()), 1)
}

// a code can be tried five times, and an address ten times in a quarter of
// an hour, also with new codes.
func TestTriesAreCounted(t *testing.T) {
	b := newBench(t)
	check := b.check(checkEmail)
	for round := range 2 {
		digits := b.mustAsk(byEmail+signIn, email)
		for range 5 {
			b.want("a wrong code", check(map[string]any{"code": wrong(digits), "to": email}), 401)
		}
		b.want(fmt.Sprint("the sixth try of code ", round), check(map[string]any{"code": digits, "to": email}), 401)
	}
	digits := b.mustAsk(byEmail+signIn, email)
	b.want("the eleventh try of the address", check(map[string]any{"code": digits, "to": email}), 401)
	bound := b.mustAsk(byEmail+signIn, email)
	b.want("by another way", b.check(checkBound)(map[string]any{"code": bound, "binding": b.binding}), 401)
	digits = b.mustAsk(byPhone+signIn, phone)
	b.want("another address", b.check(checkPhone)(map[string]any{"code": digits, "to": phone}), 200)
	b.now = b.now.Add(16 * time.Minute)
	digits = b.mustAsk(byEmail+signIn, email)
	b.want("later", check(map[string]any{"code": digits, "to": email}), 200)
}

// who asks again begins anew. The code and the binding of before are good for
// nothing, not even together with those of now, and the tries of before stay counted.
func TestAskingAgain_A05(t *testing.T) {
	b := newBench(t)
	before := b.mustAsk(byEmail+signIn, email)
	planted := b.binding
	b.want("a wrong code", b.check(checkEmail)(map[string]any{"code": wrong(before), "to": email}), 401)
	now := b.mustAsk(byEmail+signIn, email)
	if b.binding == planted {
		t.Error("the binding is that of before")
	}
	bound := b.check(checkBound)
	b.want("the code and the binding of before", bound(map[string]any{"code": before, "binding": planted}), 401)
	b.want("the code of now, the binding of before", bound(map[string]any{"code": now, "binding": planted}), 401)
	if before != now {
		b.want("the code of before, the binding of now", bound(map[string]any{"code": before, "binding": b.binding}), 401)
	}
	b.want("those of now", bound(map[string]any{"code": now, "binding": b.binding}), 200)
	b.want("again", bound(map[string]any{"code": now, "binding": b.binding}), 401)
}

// a code is good for its purpose, its browser and its address only, and none
// of these can be left out by an empty text.
func TestCodeIsBound(t *testing.T) {
	b := newBench(t)
	b.mustAsk(byEmail+signIn, email)
	foreign := b.binding
	digits := b.mustAsk(`email: "${{ input.to }}", purpose: [sign-in, verify]`, email)
	own := b.binding
	for _, c := range []struct {
		what, with string
		body       map[string]any
		want       int
	}{
		{"another purpose", `email: "${{ input.to }}", purpose: reset`, map[string]any{"to": email}, 401},
		{"another address", checkEmail, map[string]any{"to": "bob@example.com"}, 401},
		{"no address", checkEmail, map[string]any{"to": ""}, 401},
		{"another browser", checkBoth, map[string]any{"to": email, "binding": foreign}, 401},
		{"an empty binding", checkBoth, map[string]any{"to": email, "binding": ""}, 401},
		{"an odd binding", checkBound, map[string]any{"binding": "x"}, 401},
		{"an empty address", checkBoth, map[string]any{"to": "", "binding": own}, 401},
		{"the browser with another address", checkBoth, map[string]any{"to": "bob@example.com", "binding": own}, 401},
		{"nothing", checkBoth, map[string]any{}, 401},
		{"the other of its purposes", `email: "${{ input.to }}", purpose: verify`, map[string]any{"to": email}, 200},
	} {
		c.body["code"] = digits
		b.want(c.what, b.check(c.with)(c.body), c.want)
	}
}

// what cannot be a code takes no try, and a code is over after ten minutes, from
// when it was sent.
func TestCodeIsOver(t *testing.T) {
	b := newBench(t)
	check := b.check(checkEmail)
	if a := b.ask(byEmail+signIn, email, ""); a.Status != 200 {
		t.Fatal(a)
	}
	b.now = b.now.Add(time.Hour)
	if err := b.deliver(); err != nil {
		t.Fatal(err)
	}
	digits := b.digits()
	for _, odd := range []string{"", "12345", "1234567", "012345", "12345x", "１２３４５６", strings.Repeat(" ", 100) + digits, digits + "\x00"} {
		b.want(fmt.Sprintf("%q", odd), check(map[string]any{"code": odd, "to": email}), 401)
	}
	b.want("tries", b.store.codes[0].Tries, 0)
	b.now = b.now.Add(10*time.Minute - time.Millisecond)
	b.want("at last", check(map[string]any{"code": digits, "to": email}), 200)
	digits = b.mustAsk(byEmail+signIn, email)
	b.now = b.now.Add(10 * time.Minute)
	b.want("after ten minutes", check(map[string]any{"code": digits, "to": email}), 401)
}

// Codes of users go to where they are reached.
func TestCodeOfUser(t *testing.T) {
	for _, c := range []struct{ who, to, channel string }{{ann, email, "mail"}, {bob, phone, "message"}} {
		b := newBench(t)
		a := b.ask(`userId: "${{ session.userId }}"`+signIn, "", c.who)
		if a.Status != 200 || !strings.Contains(string(a.Body), c.channel) {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
		if err := b.deliver(); err != nil || len(b.sent) != 1 || b.sent[0].To != c.to || string(b.sent[0].Channel) != c.channel {
			t.Errorf("got %+v, %v, want a letter to %s", b.sent, err, c.to)
		}
		if e := b.store.entries[0]; e.UserID != c.who {
			t.Errorf("got the entry of %q, want %q", e.UserID, c.who)
		}
	}
	for what, number := range map[string]string{"another's now": phone, "nobody's now": "+4930999999"} {
		b := newBench(t)
		b.ask(`userId: "${{ session.userId }}"`+signIn+", unknown: send", "", bob)
		all := b.m.Users.(*people).all
		all[1].ID = ann
		*all[1].Phone = number
		if err := b.deliver(); !errors.Is(err, outbox.ErrDrop) || len(b.sent) != 0 {
			t.Errorf("a number that is %s: got %v, %v, want it dropped", what, b.sent, err)
		}
	}
	b := newBench(t)
	if a := b.ask(`userId: "${{ session.userId }}"`+signIn, "", nemo); a.Status != 409 || a.Fault.Errors[0].Code != "no_address" {
		t.Errorf("without an address: got %d %s", a.Status, a.Body)
	}
}

// the answer is the same for all, and the worker decides who gets one.
func TestWhoGetsACode(t *testing.T) {
	for _, c := range []struct {
		what, with, to string
		sent           int
	}{
		{"a user", byEmail + signIn, email, 1},
		{"nobody", byEmail + signIn, "nobody@example.com", 0},
		{"nobody, to be sent", byEmail + signIn + ", unknown: send", "nobody@example.com", 1},
		{"a disabled user", byEmail + signIn + ", unknown: send", "eve@example.com", 0},
		{"a template of its own", byPhone + signIn + ", template: own", phone, 1},
	} {
		b := newBench(t)
		if a := b.ask(c.with, c.to, ""); a.Status != 200 {
			t.Errorf("%s: got %d %s, want 200", c.what, a.Status, a.Body)
		}
		err := b.deliver()
		if len(b.sent) != c.sent || (c.sent == 0) != errors.Is(err, outbox.ErrDrop) {
			t.Errorf("%s: got %d letters, %v, want %d", c.what, len(b.sent), err, c.sent)
		}
		// To check a code takes the same work, whether or not it was sent.
		if code := b.store.codes[0]; len(code.MAC) != 32 || code.Expires == 0 {
			t.Errorf("%s: got %+v, want what can be tried", c.what, code)
		}
	}
	b := newBench(t)
	for _, bad := range []string{"", "ann", "ann@"} {
		if a := b.ask(byEmail+signIn, bad, ""); a.Status != 400 {
			t.Errorf("%q: got %d, want 400", bad, a.Status)
		}
	}
	if a := b.ask(byPhone+signIn, "12", ""); a.Status != 400 {
		t.Errorf("got %d, want 400", a.Status)
	}
}

// No digits fit a code that was not sent: its hash is of nothing.
func TestUnsentCodeFitsNothing(t *testing.T) {
	b := newBench(t)
	b.fixed = true
	if a := b.ask(byEmail+signIn, "nobody@example.com", ""); a.Status != 200 {
		t.Fatal(a)
	}
	if err := b.deliver(); !errors.Is(err, outbox.ErrDrop) {
		t.Fatal(err)
	}
	// The same randomness gives the digits of a code that was sent.
	digits := b.mustAsk(byPhone+signIn, phone)
	b.want("the digits", b.check(checkPhone)(map[string]any{"code": digits, "to": phone}), 200)
	b.want("unsent", b.check(checkEmail)(map[string]any{"code": digits, "to": "nobody@example.com"}), 401)
	b.want("tries", b.store.codes[0].Tries, 1)
}

// what is stored has neither the digits nor the binding, and the same digits of
// two codes look different.
func TestCodesAreHashed(t *testing.T) {
	b := newBench(t)
	digits := b.mustAsk(byEmail+signIn, email)
	stored := fmt.Sprintf("%+v %s", b.store.codes, b.store.entries[0].Body)
	if strings.Contains(stored, digits) || strings.Contains(stored, b.binding) {
		t.Errorf("got %s", stored)
	}
	if n := len(b.store.codes[0].MAC); n != 32 {
		t.Errorf("got a MAC of %d bytes, want 32", n)
	}
	b.m.Key = nil
	if err := b.deliver(); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("without a key: got %v, want seal.ErrNoKey", err)
	}
	b.want("without a key", b.check(checkEmail)(map[string]any{"code": digits, "to": email}), 500)
}

// A delivery that fails is made again, with other digits; one whose code was replaced
// is dropped.
func TestCodeIsSentAgain(t *testing.T) {
	b := newBench(t)
	if a := b.ask(byEmail+signIn, email, ""); a.Status != 200 {
		t.Fatal(a)
	}
	b.lost = errors.New("no server")
	if err := b.deliver(); !errors.Is(err, b.lost) {
		t.Errorf("got %v, want the carrier's error", err)
	}
	first := b.digits()
	b.lost = nil
	if err := b.deliver(); err != nil {
		t.Fatal(err)
	}
	check := b.check(checkEmail)
	if second := b.digits(); first != second {
		b.want("the first digits", check(map[string]any{"code": first, "to": email}), 401)
		b.want("the second digits", check(map[string]any{"code": second, "to": email}), 200)
	}
	if err := b.deliver(); !errors.Is(err, outbox.ErrDrop) {
		t.Errorf("a code that was used: got %v, want outbox.ErrDrop", err)
	}
}

// Digits are six, without a leading zero, and come from all the numbers there are.
func TestDigits(t *testing.T) {
	b := newBench(t)
	seen := map[string]bool{}
	for range 200 {
		digits := b.mustAsk(byEmail+signIn, email)
		if digits < "100000" || digits > "999999" {
			t.Errorf("got %s", digits)
		}
		seen[digits[:1]] = true
	}
	if len(seen) != 9 {
		t.Errorf("got the first digits %v, want all nine", seen)
	}
}

// What the store fails by is nobody's mismatch.
func TestStoreFails(t *testing.T) {
	b := newBench(t)
	digits := b.mustAsk(byEmail+signIn, email)
	b.store.fail = errors.New("disk full")
	b.want("send", b.ask(byEmail+signIn, email, "").Status, 500)
	b.want("check", b.check(checkEmail)(map[string]any{"code": digits, "to": email}), 500)
	if err := b.deliver(); !errors.Is(err, b.store.fail) {
		t.Errorf("got %v, want the store's error", err)
	}
	b.store.entries[0].Body = []byte(`{`)
	if err := b.deliver(); err == nil {
		t.Error("a broken entry: got no error")
	}
	b.store.entries[0].Body = []byte(`{}`)
	if err := b.deliver(); err == nil {
		t.Error("an empty entry: got no error")
	}
}
