package factor_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/seal"
)

// An app is enrolled once it shows that it has the secret, and is asked for then.
func TestEnrol(t *testing.T) {
	b := newBench(t)
	app := b.start(ann)
	if want := "otpauth://totp/example.com:ann%40example.com?secret=" + app.Secret + "&issuer=example.com"; b.shown[1].Reveal() != want {
		t.Errorf("got %s, want %s", b.shown[1].Reveal(), want)
	}
	if qr := b.shown[2].Reveal(); !strings.HasPrefix(qr, "data:image/png;base64,") {
		t.Errorf("got %.60s", qr)
	}
	b.wantEnrolled(ann)
	b.want(b.run("none", ann, app.Code(t, b.now), proved("pending")+confirm), 204, "")
	b.wantEnrolled(ann, "totp")
	b.wantEnrolled(bob)
	if len(b.shown) != 10 {
		t.Errorf("got %d recovery codes, want ten", len(b.shown))
	}
	// What was proved opens a session, and sets no password.
	if b.proof.Grade() != engine.Carried || !slices.Equal(b.proof.Factors(), []engine.Factor{"password", "totp"}) {
		t.Errorf("got a proof of grade %s by %v", b.proof.Grade(), b.proof.Factors())
	}
	// all but what this request goes by ends.
	c := b.store.changes[0]
	if !c.EndOthers || c.Session != "" || c.Challenge != "0123" || c.Notice.Kind == "" || c.At != engine.InstantOf(b.now) {
		t.Errorf("got the change %+v", c)
	}
	// the code that has confirmed signs nobody in.
	b.check(ann, app.Code(t, b.now), 401)
}

func (b *bench) wantEnrolled(userID string, want ...string) {
	b.Helper()
	got, err := b.m.Enrolled(b.Context(), engine.MainRealm, userID)
	if err != nil || !slices.Equal(got, want) || got == nil {
		b.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestConfirmRefuses(t *testing.T) {
	b := newBench(t)
	confirmed := func(userID, code string, status int) {
		t.Helper()
		b.want(b.run("none", userID, code, proved("pending")+confirm), status, "")
	}
	confirmed(ann, "123456", 401) // none was started
	app := b.start(ann)
	confirmed(bob, app.Code(t, b.now), 401)
	confirmed(ann, app.Code(t, b.now.Add(-2*period)), 401)
	confirmed(ann, "", 401)
	b.want(b.run("none", ann, app.Code(t, b.now), proved("actor")+confirm), 403, "factor_refused")
	again := b.start(ann)
	confirmed(ann, app.Code(t, b.now), 401) // begun anew
	b.later(factor.Setup)
	confirmed(ann, again.Code(t, b.now), 401)
	b.wantEnrolled(ann)
	b.later(-time.Millisecond)
	confirmed(ann, again.Code(t, b.now), 204)
}

// factors are changed after a credential was checked, or in a sign-in that has
// to enrol one, not by a session or a link; and where one is enrolled, only with it.
func TestWhoMayEnrol_R26(t *testing.T) {
	for _, test := range []struct {
		before   string
		enrolled bool
		status   int
		code     string
	}{
		{proved("pending"), false, 204, ""},
		{proved("fresh"), false, 204, ""},
		{proved("pending"), true, 403, "second_factor_required"},
		{proved("fresh"), true, 403, "second_factor_required"},
		{proved("recovered"), true, 403, "second_factor_required"}, // in another run
		{proved("recovered") + proved("fresh"), true, 403, "second_factor_required"},
		{proved("actor"), false, 403, "factor_refused"},
		{proved("actor") + proved("recovered"), true, 403, "factor_refused"},
	} {
		b := newBench(t)
		if test.enrolled {
			b.enrolled(ann)
		}
		b.want(b.run("none", ann, "", test.before+enrol), test.status, test.code)
		_, err := b.store.Find(t.Context(), engine.MainRealm, ann, factor.Started)
		if (err == nil) != (test.status == 204) {
			t.Errorf("%s: got %v, want an app only where it may be", test.before, err)
		}
	}
	for _, as := range []string{"live", "carried"} {
		diags := newBench(t).flow("none", proved(as)+enrol).Load(t)
		if len(diags) != 1 || diags[0].Code != "weak-proof" {
			t.Errorf("%s: got %v, want it refused", as, diags)
		}
	}
}

// whoever has the password begins to enrol an app, or to remove one, while the user
// confirms one. That stays, and nothing is put in its place.
func TestEnrolledMeanwhile_R26(t *testing.T) {
	b := newBench(t)
	app := b.start(ann)
	meanwhile := func() {
		b.store.before = nil
		b.want(b.run("none", ann, app.Code(t, b.now), proved("pending")+confirm), 204, "")
	}
	b.store.before = meanwhile
	b.want(b.run("none", ann, "", proved("pending")+enrol), 403, "second_factor_required")
	if _, err := b.store.Find(t.Context(), engine.MainRealm, ann, factor.Started); !errors.Is(err, factor.ErrNotFound) {
		t.Errorf("got %v, want no app that is started", err)
	}

	b = newBench(t)
	app = b.start(ann)
	b.store.before = meanwhile
	b.want(b.run("none", ann, "", proved("fresh")+disable), 204, "")
	if b.store.before != nil {
		meanwhile() // nothing was enrolled, and the store was not asked to remove it
	}
	b.wantEnrolled(ann, "totp")
}

// A session on one way does not pass for the pending sign-in of another.
func TestSessionOnOneWay_R49(t *testing.T) {
	b := newBench(t)
	mixed := proved("mixed") + "    next: {pending: app, live: app}\n"
	if diags := b.flow("none", mixed+enrol).Load(t); len(diags) != 1 || diags[0].Code != "weak-proof" {
		t.Errorf("got %v, want it refused", diags)
	}
	b.want(b.run("none", ann, "123456", strings.Replace(mixed, "app, live: app", "code, live: code", 1)+check), 401, "") // pending or better is enough for a code
}

// a code of the app proves the user once.
func TestCheck(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	code := app.Code(t, b.now)
	b.check(ann, " "+code[:3]+" "+code[3:]+" ", 204)
	if p := b.proof; p.Value() != ann || p.Grade() != engine.Fresh || p.Challenge() != "0123" {
		t.Errorf("got %+v", p)
	}
	if diff := cmp.Diff([]engine.Factor{"password", "totp"}, b.proof.Factors()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	b.check(ann, code, 401)                           // again
	b.check(ann, app.Code(t, b.now.Add(period)), 204) // the clock of the phone is fast
	b.check(ann, app.Code(t, b.now), 401)             // an earlier one
	b.later(5 * period)
	b.check(ann, app.Code(t, b.now.Add(-period)), 204) // slow
	b.later(5 * period)
	for _, off := range []time.Duration{-2 * period, 2 * period} {
		b.check(ann, app.Code(t, b.now.Add(off)), 401)
	}
	for _, code := range []string{"", "abcdef", "12345", strings.Repeat("1", 1000)} {
		b.check(ann, code, 401)
	}
	b.check(bob, app.Code(t, b.now), 401) // has none
	other := b.enrolled(bob)
	b.check(ann, other.Code(t, b.now), 401)
	b.later(time.Hour)
	b.check(ann, app.Code(t, b.now), 204)
}

// of many with one code one gets in.
func TestOneGetsIn_R24(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	unseen := strings.Replace(check, "\n  - id: shown\n    use: test.show\n    with:\n      userId: ${{ input.userId }}\n", "\n", 1)
	serve := b.flow("none", proved("pending")+unseen).Server(t)
	body := map[string]any{"code": app.Code(t, b.now), "userId": ann, "proof": "x"}
	var group sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 20 {
		group.Go(func() {
			a := serve(t.Context(), flowtest.Flow{Body: body})
			mu.Lock()
			statuses[a.Status]++
			mu.Unlock()
		})
	}
	group.Wait()
	if statuses[204] != 1 || statuses[401] != 19 {
		t.Errorf("got %v, want one 204", statuses)
	}
}

// wrong codes of an account are counted, of apps and recovery codes together; then
// nothing fits for an hour.
func TestTries_A21(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	codes := b.shown
	for i := range 10 {
		if i%2 == 0 {
			b.check(ann, otherThan(app.Code(t, b.now)), 401)
		} else {
			b.recover(ann, "0000-0000-0000-0000", 401)
		}
	}
	b.check(ann, app.Code(t, b.now), 401)
	b.recover(ann, codes[0].Reveal(), 401)
	b.later(time.Hour)
	b.check(ann, app.Code(t, b.now), 204)
	b.recover(ann, codes[0].Reveal(), 204)
}

// who guesses from elsewhere does not keep the user out where a right code has come
// from.
func TestTriesFromElsewhere_R15(t *testing.T) {
	b := newBench(t)
	b.ip = "192.0.2.1"
	app := b.enrolled(ann)
	b.ip = "198.51.100.7"
	for range 11 {
		b.recover(ann, "0000-0000-0000-0000", 401)
	}
	b.check(ann, app.Code(t, b.now), 401)
	b.ip = "192.0.2.1"
	b.check(ann, app.Code(t, b.now), 204)
}

// What cannot be a code is no try.
func TestNoCodeIsNoTry(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	for range 20 {
		b.check(ann, "0000-0000-0000-0000", 401)
		b.recover(ann, otherThan(app.Code(t, b.now)), 401)
	}
	b.check(ann, app.Code(t, b.now), 204)
}

func otherThan(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// a recovery code stands in for the app, once, until there are new ones.
func TestRecovery_R25(t *testing.T) {
	b := newBench(t)
	b.enrolled(ann)
	codes := b.shown
	b.recover(bob, codes[0].Reveal(), 401)
	b.recover(ann, strings.ToUpper(strings.ReplaceAll(codes[0].Reveal(), "-", " ")), 204)
	if diff := cmp.Diff([]engine.Factor{"password", "recovery"}, b.proof.Factors()); diff != "" || b.proof.Grade() != engine.Fresh {
		t.Errorf("got grade %s, -want +got:\n%s", b.proof.Grade(), diff)
	}
	b.recover(ann, codes[0].Reveal(), 401)
	b.want(b.run("none", ann, codes[1].Reveal(), proved("pending")+strings.Replace(recovery, "- id: shown", "- id: app\n    use: totp.enrol\n    with:\n      userId: ${{ input.userId }}\n  - id: keep\n    use: test.show\n    with:\n      userId: ${{ input.userId }}\n      secrets: [\"${{ app.secret }}\"]\n  - id: shown", 1)), 204, "")
	next := factortest.App{Secret: b.shown[0].Reveal()}
	b.want(b.run("none", ann, next.Code(t, b.now), proved("pending")+confirm), 204, "")
	b.recover(ann, codes[2].Reveal(), 401)
	b.recover(ann, b.shown[2].Reveal(), 204)
}

// what is stored opens nothing without the key, nor at another user.
func TestSealed_R23(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	at := func(userID string) place { return place{engine.MainRealm, userID, factor.Enrolled} }
	a := b.store.apps[at(ann)]
	if strings.Contains(string(a.Sealed), app.Secret) || len(a.Sealed) < 20+40 {
		t.Errorf("got %x", a.Sealed)
	}
	for _, mac := range b.store.codes[at(ann)] {
		if len(mac) != 32 {
			t.Errorf("got %x, want a keyed hash", mac)
		}
	}
	moved := a
	moved.UserID = bob
	b.store.apps[at(bob)] = moved
	b.want(b.run("none", bob, app.Code(t, b.now), proved("pending")+check), 500, "")
	b.store.codes[at(bob)] = b.store.codes[at(ann)]
	b.recover(bob, b.shown[0].Reveal(), 401)
	other, err := seal.New(make([]byte, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	b.m.Key = other
	b.want(b.run("none", ann, app.Code(t, b.now), proved("pending")+check), 500, "")
	b.recover(ann, b.shown[0].Reveal(), 401)
	b.m.Key = nil
	b.want(b.run("none", bob, "", proved("pending")+enrol), 403, "second_factor_required")
	delete(b.store.apps, at(bob))
	b.want(b.run("none", bob, "", proved("pending")+enrol), 500, "")
}

// what is stored of one realm fits in no other, wherever it lies.
func TestRealms_R59(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	here, there := place{engine.MainRealm, ann, factor.Enrolled}, place{"other", ann, factor.Enrolled}
	b.realm = "other"
	b.check(ann, app.Code(t, b.now), 401)
	b.recover(ann, b.shown[0].Reveal(), 401)
	b.store.apps[there], b.store.codes[there] = b.store.apps[here], b.store.codes[here]
	b.want(b.run("none", ann, app.Code(t, b.now), proved("pending")+check), 500, "")
	b.recover(ann, b.shown[0].Reveal(), 401)
	for range 10 { // tries are counted for the realm
		b.recover(ann, "0000-0000-0000-0000", 401)
	}
	b.realm = ""
	b.check(ann, app.Code(t, b.now), 204)
}

func TestDisable(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	b.want(b.run("none", ann, "", proved("fresh")+disable), 403, "second_factor_required")
	b.want(b.run("none", ann, "", proved("actor")+disable), 403, "factor_refused")
	b.wantEnrolled(ann, "totp")
	code := app.Code(t, b.now)
	b.want(b.run("none", ann, code, proved("pending")+strings.Replace(check, "- id: shown", "- id: gone\n    use: totp.disable\n    with:\n      userId: ${{ input.userId }}\n      endSessions: none\n  - id: shown", 1)), 204, "")
	b.wantEnrolled(ann)
	if c := b.store.changes[1]; c.EndOthers || c.Notice.Kind == "" {
		t.Errorf("got the change %+v", c)
	}
	b.recover(ann, b.shown[0].Reveal(), 401)
	b.want(b.run("none", bob, "", proved("fresh")+disable), 204, "") // has none
}

// the session of the request stays.
func TestDisableKeepsSession_R41(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	nodes := strings.ReplaceAll(strings.Replace(check, "- id: shown", "- id: gone\n    use: totp.disable\n    with:\n      userId: ${{ input.userId }}\n  - id: shown", 1), "input.userId", "session.userId")
	b.want(b.run("session", ann, app.Code(t, b.now), nodes), 204, "")
	if c := b.store.changes[1]; !c.EndOthers || c.Session != flowtest.SessionID {
		t.Errorf("got the change %+v", c)
	}
}

// An operator takes a lost factor away, and lifts the lock.
func TestRemove(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	for range 10 {
		b.check(ann, otherThan(app.Code(t, b.now)), 401)
	}
	if err := b.m.Remove(t.Context(), engine.MainRealm, ann); err != nil {
		t.Fatal(err)
	}
	if err := b.m.Remove(t.Context(), engine.MainRealm, ann); !errors.Is(err, factor.ErrNotFound) {
		t.Errorf("got %v, want factor.ErrNotFound", err)
	}
	if c := b.store.changes[1]; !c.EndOthers || c.Session != "" || c.Challenge != "" || c.Notice.Kind == "" {
		t.Errorf("got the change %+v", c)
	}
	app = b.enrolled(ann)
	b.check(ann, app.Code(t, b.now), 204)
}

// a store that fails proves nobody, and no factor enrolled.
func TestFaults_R61(t *testing.T) {
	b := newBench(t)
	app := b.enrolled(ann)
	b.store.fail = errors.New("the file is gone")
	for _, nodes := range []string{proved("pending") + enrol, proved("pending") + confirm, proved("pending") + check, proved("fresh") + disable} {
		b.want(b.run("none", ann, app.Code(t, b.now), nodes), 500, "")
	}
	b.want(b.run("none", ann, b.shown[0].Reveal(), proved("pending")+recovery), 500, "")
	if got, err := b.m.Enrolled(t.Context(), engine.MainRealm, ann); err == nil {
		t.Errorf("got %v, want an error", got)
	}
	if err := b.m.Remove(t.Context(), engine.MainRealm, ann); err == nil || errors.Is(err, factor.ErrNotFound) {
		t.Errorf("got %v, want the error of the store", err)
	}
}

// The examples load by themselves.
func TestExamples(t *testing.T) {
	b := newBench(t)
	for _, n := range factor.Nodes(b.m) {
		if n.Name() == "totp.disable" || n.Name() == "totp.confirm" {
			if diags := flowtest.Example(n, factor.Nodes(b.m)).Load(t); len(diags) > 0 {
				t.Errorf("%s: %v", n.Name(), diags)
			}
		}
	}
}
