package tokentest

import (
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/session/sessiontest"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// open opens a session with two factors, which ends before a token does.
func open(t *testing.T, s Stores, n, userNumber int, more func(*session.Record)) session.Record {
	t.Helper()
	r := sessiontest.New(n, userNumber)
	r.Factors, r.End = []string{"password", "totp"}, now+life/2
	if more != nil {
		more(&r)
	}
	_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
	must(t, err)
	return r
}

// in is a token that is made in a session.
func in(r session.Record, n, userNumber int) token.Token {
	made := New(n, userNumber)
	made.Session, made.Factors = r.ID, nil
	return made
}

func testSession(t *testing.T, s Stores) {
	r := open(t, s, 1, 1, nil)
	made := in(r, 1, 1)
	made.Factors, made.Ceiling = []string{"webauthn"}, now+9*life // what the caller says does not count
	got, err := s.Tokens.Create(t.Context(), realm, made)
	must(t, err)
	made.Factors, made.Ceiling, made.Expires = r.Factors, r.End, r.End
	equal(t, got, made)
	wantGood(t, s, forLink, made)

	endless := open(t, s, 2, 1, func(r *session.Record) { r.End = 0 })
	made = in(endless, 2, 1)
	got, err = s.Tokens.Create(t.Context(), realm, made)
	must(t, err)
	made.Factors = endless.Factors
	equal(t, got, made)

	must(t, s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""))
	for i, refused := range []struct {
		what string
		with session.Record
	}{
		{"no session", session.Record{ID: "none"}},
		{"another's session", open(t, s, 3, 2, nil)},
		{"a session without use", open(t, s, 4, 1, func(r *session.Record) { r.IdleEnd = now })},
		{"a session at its end", open(t, s, 5, 1, func(r *session.Record) { r.End = now })},
		{"a session of staff who stand in", open(t, s, 6, 1, func(r *session.Record) { r.Actor = "user:" + usertest.ID(2) })},
	} {
		late := in(refused.with, 10+i, 1)
		_, err := s.Tokens.Create(t.Context(), realm, late)
		wantError(t, refused.what, err, token.ErrSession)
		wantUseless(t, s, refused.what, forLink, late)
	}
	_, err = s.Tokens.Create(t.Context(), otherRealm, in(r, 20, 1))
	wantError(t, "a session of another realm", err, token.ErrSession)
}

func testSessionEnds(t *testing.T, s Stores) {
	for i, end := range []struct {
		what string
		by   func(r session.Record) (at engine.Instant)
	}{
		{"deleted", func(r session.Record) engine.Instant {
			_, err := s.Sessions.Delete(t.Context(), realm, r.UserID, session.Selection{ID: r.ID})
			must(t, err)
			return now
		}},
		{"not used", func(r session.Record) engine.Instant { return r.IdleEnd }},
		{"replaced by the limit", func(r session.Record) engine.Instant {
			next := sessiontest.New(90, 1)
			next.LastSeen = now + 5
			_, err := s.Sessions.Create(t.Context(), realm, next, session.Limit{Max: 1, EndOldest: true})
			must(t, err)
			return now
		}},
	} {
		r := open(t, s, i, 1, func(r *session.Record) { r.End, r.IdleEnd = 0, now+life/3 })
		mustCreate(t, s, realm, in(r, i, 1))
		use := forLink
		use.At = end.by(r)
		wantUseless(t, s, "of a session that was "+end.what, use, in(r, i, 1))
		_, err := s.Sessions.Delete(t.Context(), realm, r.UserID, session.Selection{All: true})
		must(t, err)
	}

	// A new value of the session's own token changes nothing.
	r := open(t, s, 50, 1, nil)
	made := in(r, 50, 1)
	mustCreate(t, s, realm, made)
	fresh := session.HashToken("fresh")
	_, err := s.Sessions.Update(t.Context(), realm, r.UserID, r.ID, session.Change{Hash: &fresh}, now)
	must(t, err)
	made.Factors, made.Ceiling, made.Expires = r.Factors, r.End, r.End
	wantGood(t, s, forLink, made)

	// Another's session of the same handle is not it.
	r = open(t, s, 60, 1, nil)
	mustCreate(t, s, realm, in(r, 60, 1))
	_, err = s.Sessions.Delete(t.Context(), realm, r.UserID, session.Selection{ID: r.ID})
	must(t, err)
	must(t, s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""))
	_, err = s.Sessions.Create(t.Context(), otherRealm, r, session.Limit{})
	must(t, err)
	foreign := sessiontest.New(61, 2)
	foreign.ID = r.ID
	_, err = s.Sessions.Create(t.Context(), realm, foreign, session.Limit{})
	must(t, err)
	wantUseless(t, s, "of a session that another has", forLink, in(r, 60, 1))
}
