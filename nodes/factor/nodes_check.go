package factor

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/user"
)

type checkWith struct {
	UserID string        `flow:"userId" needs:"pending" doc:"The user whose factor is checked."`
	Code   engine.Secret `flow:"code,evidence" secret:"typed" doc:"The code as the caller has typed it."`
}

type checkOutcomes struct {
	Match    engine.Outcome[engine.None] `flow:"match" proves:"with.userId" factor:"totp" doc:"The code was right, and is used up."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" doc:"It is wrong, over or used, or the user has no app, or too many wrong ones were tried. Nobody is told which."`
}

func (m *Manager) checkNode() engine.NodeType {
	return engine.Define("totp.check", "Checks a code of the user's authenticator app. Each is good once.",
		func(ctx context.Context, in checkWith, out checkOutcomes) (engine.Exit, error) {
			return left(m.check(ctx, in.UserID, in.Code.Reveal()), out.Match, out.Mismatch)
		},
		engine.Effect, engine.Tells, engine.Example(`
- id: check
  use: totp.check
  with:
    userId: ${{ session.userId }}
    code: ${{ input.code }}
  next: {mismatch: wrong}
- id: raised
  use: session.raise
  with:
    id: ${{ session.id }}
    userId: ${{ session.userId }}
- id: ok
  use: respond
  reveal: [raised.token]
  with:
    body:
      session: ${{ raised }}
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}

// left is how a check leaves that has ended with err.
func left(err error, match, mismatch engine.Outcome[engine.None]) (engine.Exit, error) {
	switch {
	case errors.Is(err, errMismatch):
		return mismatch.Exit(engine.None{}), nil
	case err != nil:
		return engine.Exit{}, err
	}
	return match.Exit(engine.None{}), nil
}

type recoveryOutcomes struct {
	Match    engine.Outcome[engine.None] `flow:"match" proves:"with.userId" factor:"recovery" doc:"The code was right, and is used up. It stands in for the app."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" doc:"It is wrong or used, or too many wrong ones were tried. Nobody is told which."`
}

func (m *Manager) recoveryNode() engine.NodeType {
	return engine.Define("recovery.check", "Checks a recovery code of a user whose authenticator app is lost. Each is good once.",
		func(ctx context.Context, in checkWith, out recoveryOutcomes) (engine.Exit, error) {
			return left(m.checkRecovery(ctx, in.UserID, in.Code.Reveal()), out.Match, out.Mismatch)
		},
		engine.Effect, engine.Tells, engine.Example(`
- id: pending
  use: challenge.resume
  with:
    token: ${{ input.challenge }}
- id: check
  use: recovery.check
  with:
    userId: ${{ pending.userId }}
    code: ${{ input.code }}
  next: {mismatch: wrong}
- id: app
  use: totp.enrol
  with:
    userId: ${{ pending.userId }}
- id: ok
  use: respond
  reveal: [app.secret, app.qr]
  with:
    body:
      secret: ${{ app.secret }}
      qr: ${{ app.qr }}
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or was used.
`))
}

type disableWith struct {
	UserID      string `flow:"userId" needs:"fresh" doc:"Whose factors go. Where one is enrolled, this run must have proved it, or a recovery code."`
	EndSessions string `flow:"endSessions,literal" enum:"others,none" default:"others" doc:"Which of the user's sessions end: all but the one of this request, or none."`
}

type disableOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done" doc:"Sign-ins ask for no second factor any more, and recovery codes are good no more. The user is going to be mailed the template factor-changed."`
}

func (m *Manager) disableNode() engine.NodeType {
	return engine.Define("totp.disable", "Removes the authenticator app of a user, and the recovery codes.",
		func(ctx context.Context, in disableWith, out disableOutcomes) (engine.Exit, error) {
			if err := m.disable(ctx, in.UserID, in.EndSessions == "others"); err != nil {
				return engine.Exit{}, err
			}
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Effect, engine.MayFail(user.FailSecond, failActor), engine.Example(`
- id: check
  use: totp.check
  with:
    userId: ${{ session.userId }}
    code: ${{ input.code }}
  next: {mismatch: wrong}
- id: gone
  use: totp.disable
  with:
    userId: ${{ session.userId }}
- id: ok
  use: respond
  with:
    status: 204
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}
