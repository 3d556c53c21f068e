package session

import (
	"cmp"
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type deleteWith struct {
	ID     engine.Secret `flow:"id" secret:"typed,minted" doc:"The handle of the session, or its token."`
	UserID string        `flow:"userId" needs:"session" doc:"Whose session it is."`
	Family bool          `flow:"family,literal" default:"false" doc:"Whether all sessions of its family end: the one that was signed in to, and those on other hosts that spring from it by tokens. Those of other browsers stay."`
}

type deleteOutcomes struct {
	Deleted  engine.Outcome[engine.None] `flow:"deleted" doc:"The session is over."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 session_not_found There is no such session." doc:"There is no such session, or no longer."`
	Foreign  engine.Outcome[engine.None] `flow:"foreign" fails:"404 session_not_found There is no such session." doc:"It is the token of another user's session, which goes on. Another user's handle is notFound."`
}

func (m *Manager) deleteNode() engine.NodeType {
	return engine.Define("session.delete", "Ends one session of a user, or its whole family.",
		func(ctx context.Context, in deleteWith, out deleteOutcomes) (engine.Exit, error) {
			end := m.Delete
			if in.Family {
				end = m.DeleteFamily
			}
			err := end(ctx, engine.Realm(ctx), in.UserID, in.ID.Reveal())
			switch {
			case errors.Is(err, ErrForeign):
				return out.Foreign.Exit(engine.None{}), nil
			case errors.Is(err, ErrNotFound):
				return out.NotFound.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			if isCurrent(ctx, in.UserID, in.ID.Reveal()) {
				engine.EndSession(ctx)
				return out.Deleted.Exit(engine.None{}), nil
			}
			return out.Deleted.Exit(engine.None{}), m.tellEnd(ctx)
		}, engine.Effect, engine.Silent, engine.EndsSession, engine.ReadsRequest, engine.Example(`
- id: drop
  use: session.delete
  with:
    id: ${{ session.id }}
    userId: ${{ session.userId }}
- id: done
  use: respond
  with:
    status: 204
`))
}

type deleteAllWith struct {
	UserID string  `flow:"userId" needs:"session" doc:"Whose sessions end."`
	Except *string `flow:"except,optional" doc:"The handle of a session that stays."`
}

type deleted struct {
	Count int `flow:"count" doc:"How many sessions have ended."`
}

type deleteAllOutcomes struct {
	Deleted engine.Outcome[deleted] `flow:"deleted" doc:"The sessions are over."`
}

func (m *Manager) deleteAllNode() engine.NodeType {
	return engine.Define("session.deleteAll", "Ends all sessions of a user, or all but one.",
		func(ctx context.Context, in deleteAllWith, out deleteAllOutcomes) (engine.Exit, error) {
			n, err := m.DeleteAll(ctx, engine.Realm(ctx), in.UserID, *cmp.Or(in.Except, new(string)))
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Deleted.Exit(deleted{n}), m.tellEnd(ctx)
		}, engine.Effect, engine.EndsSession, engine.ReadsRequest, engine.Example(`
- id: drop
  use: session.deleteAll
  with:
    userId: ${{ session.userId }}
    except: ${{ session.id }}
- id: ok
  use: respond
  with:
    body:
      ended: ${{ drop.count }}
`))
}

// isCurrent reports whether a handle is that of the session that the request came
// with, as far as the run knows without asking the store.
func isCurrent(ctx context.Context, userID, id string) bool {
	proof, ok := engine.ProofOf(ctx, engine.SubjectUser, userID)
	return ok && proof.Session() != "" && proof.Session() == id
}

// tellEnd tells the host if the session that the request came with is over, so
// that the browser forgets it too. The store is asked, since a session may be
// named by its handle.
func (m *Manager) tellEnd(ctx context.Context) error {
	token := m.presented(ctx)
	if token == "" {
		return nil
	}
	if isToken(token) {
		found, err := m.Store.Find(ctx, engine.Realm(ctx), HashToken(token))
		if err == nil && found.Live(engine.Now(ctx)) {
			return nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	engine.EndSession(ctx)
	return nil
}
