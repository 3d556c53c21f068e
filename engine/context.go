package engine

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"sync/atomic"
	"time"
)

// World is what a run may know of the outside besides its stores: the time and
// randomness. Tests put a clock and a seed of their own here. The zero World is
// the real one.
type World struct {
	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand.Reader
}

type contextKey struct{}

// runContext carries a run to the functions of its nodes. It is made anew for
// each run, and cut off from the run at its end, so that a goroutine that
// outlives the run cannot reach into the next one.
type runContext struct {
	context.Context
	run atomic.Pointer[Run]
}

func (c *runContext) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

type worldKey struct{}

// WithWorld gives ctx a clock and randomness for code that runs outside of a
// run, such as a command of the command line.
func WithWorld(ctx context.Context, w World) context.Context {
	return context.WithValue(ctx, worldKey{}, w)
}

func worldOf(ctx context.Context) World {
	if r := runOf(ctx); r != nil {
		return r.program.world
	}
	w, _ := ctx.Value(worldKey{}).(World)
	return w
}

// runOf is the run that ctx belongs to, or nil.
func runOf(ctx context.Context) *Run {
	switch c := ctx.Value(contextKey{}).(type) {
	case *runContext:
		return c.run.Load()
	case outsideContext:
		return c.run.Load()
	}
	return nil
}

// insideOf is runOf for what only standard node types may do: nil for others, whichever
// step is under way.
func insideOf(ctx context.Context) *Run {
	if c, ok := ctx.Value(contextKey{}).(*runContext); ok {
		return c.run.Load()
	}
	return nil
}

// Now is what the clock of the run shows now; expressions see the time at which the
// run began. Outside of runs it is the clock of WithWorld, or the real one.
func Now(ctx context.Context) Instant {
	if now := worldOf(ctx).Now; now != nil {
		return InstantOf(now())
	}
	return InstantOf(time.Now())
}

// Random is the source of randomness of the run, or, outside of runs, that of
// WithWorld or crypto/rand.Reader. A failed read must end what wanted to read:
// nothing may fall back on a weaker source.
func Random(ctx context.Context) io.Reader {
	if r := worldOf(ctx).Random; r != nil {
		return r
	}
	return rand.Reader
}

// Realm is the realm of the run's request; "main" outside of runs.
func Realm(ctx context.Context) string {
	if r := runOf(ctx); r != nil {
		return r.request.Realm
	}
	return MainRealm
}

// MainRealm is the realm of an application that configures none.
const MainRealm = "main"

// RequestOf is the request of the run. It is there only for node types that
// the registry admits as readers of requests (see ReadsRequest); for others it
// is nil, since what they read must be declared in the flow's input.
func RequestOf(ctx context.Context) *Request {
	r := insideOf(ctx)
	if r == nil || r.step == nil || !r.step.node.typ.readsRequest {
		return nil
	}
	return r.request
}

// Caller is what any node may know of the caller: address and user agent, the host that
// was called, and the route of the endpoint.
type Caller struct {
	Host      string
	IP        string
	UserAgent string
	Route     string // "POST /sign-in", the method and path of the endpoint
}

// CallerOf is the caller of the run; zero outside of runs.
func CallerOf(ctx context.Context) Caller {
	r := runOf(ctx)
	if r == nil {
		return Caller{}
	}
	return Caller{Host: r.request.Host, IP: r.request.IP, UserAgent: r.request.UserAgent, Route: r.program.route}
}

// ProofOf is the run's proof of a subject's value, at the highest grade it has
// been proved with, and whether there is one. All factors proved for the value
// in this run are in it.
func ProofOf(ctx context.Context, subject Subject, value string) (Proof, bool) {
	r := runOf(ctx)
	if r == nil {
		return Proof{}, false
	}
	return r.proofOf(subject, value)
}

// Checked reports whether this run has checked one of these factors of a user itself. A
// proof may hold others that it was given with a token, or by a sign-in that waited.
func Checked(ctx context.Context, userID string, factors ...Factor) bool {
	r := runOf(ctx)
	return r != nil && slices.ContainsFunc(r.proofs, func(p Proof) bool {
		return p.subject == SubjectUser && p.value == userID && p.grade == Fresh &&
			slices.ContainsFunc(p.factors, func(f Factor) bool { return slices.Contains(factors, f) })
	})
}

// stamped is what a run has noted of a user.
type stamped struct {
	userID, text string
}

// Stamp notes for the rest of the run what a credential of a user was checked
// against, or has become, such as the hash of a password. Whoever opens a session for
// the user makes sure that it is so still. The last one counts. Of node types that
// are no standard ones it is ignored.
func Stamp(ctx context.Context, userID, text string) {
	r := insideOf(ctx)
	if r == nil || r.step == nil || !r.step.node.typ.standard {
		return
	}
	if i := r.stampOf(userID); i >= 0 {
		r.stamps[i].text = text
	} else {
		r.stamps = append(r.stamps, stamped{userID, text})
	}
}

// StampOf is what Stamp has noted of a user in this run, or "".
func StampOf(ctx context.Context, userID string) string {
	if r := runOf(ctx); r != nil {
		if i := r.stampOf(userID); i >= 0 {
			return r.stamps[i].text
		}
	}
	return ""
}

// stampOf is the number of a user's stamp, or -1.
func (r *Run) stampOf(userID string) int {
	return slices.IndexFunc(r.stamps, func(s stamped) bool { return s.userID == userID })
}

// Opened notes the id of a session that a standard node has opened for a user in this
// run. What the run hands over after that springs from the session.
func Opened(ctx context.Context, userID, id string) {
	if r := insideOf(ctx); r != nil && r.step != nil && r.step.node.typ.standard {
		r.opened = append(r.opened, stamped{userID, id})
	}
}

// OpenedFor is the id of the session that this run has opened last for a user, or "".
func OpenedFor(ctx context.Context, userID string) string {
	if r := runOf(ctx); r != nil {
		for _, o := range slices.Backward(r.opened) {
			if o.userID == userID {
				return o.text
			}
		}
	}
	return ""
}

// EndSession tells the host that the session that the request came with is
// over, so that it clears the cookie that carried it. A node whose type is not
// EndsSession fails by it.
func EndSession(ctx context.Context) {
	if r := runOf(ctx); r != nil {
		r.answer.Ended = true
	}
}
