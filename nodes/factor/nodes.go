package factor

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/user"
)

// Nodes are the node types totp.* and recovery.*.
func Nodes(m *Manager) []engine.NodeType {
	return []engine.NodeType{m.enrolNode(), m.confirmNode(), m.disableNode(), m.checkNode(), m.recoveryNode()}
}

type enrolWith struct {
	UserID string  `flow:"userId" needs:"fresh,pending" doc:"Whose app it becomes. Where one is enrolled, this run must have proved it, or a recovery code."`
	Issuer *string `flow:"issuer,optional" doc:"What the app calls the service; the host of server.publicUrl where it is left out."`
}

type started struct {
	Secret engine.Secret `flow:"secret" secret:"minted" credential:"with.userId" doc:"The secret in base 32, to be typed into an app. It is known only now."`
	URI    engine.Secret `flow:"uri" secret:"minted" credential:"with.userId" doc:"The same as an otpauth address, for a link on the phone itself."`
	QR     engine.Secret `flow:"qr" secret:"minted" credential:"with.userId" doc:"The address as a QR code: a data URI of a PNG, for the src of an image."`
}

type enrolOutcomes struct {
	Started engine.Outcome[started] `flow:"started" doc:"totp.confirm enrols the app, within ten minutes. Until then nothing has changed."`
}

func (m *Manager) enrolNode() engine.NodeType {
	return engine.Define("totp.enrol", "Makes a secret for an authenticator app of a user.",
		func(ctx context.Context, in enrolWith, out enrolOutcomes) (engine.Exit, error) {
			s, err := m.start(ctx, in.UserID, in.Issuer)
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Started.Exit(started{engine.NewSecret(s.secret), engine.NewSecret(s.uri), engine.NewSecret(s.qr)}), nil
		},
		engine.Effect, engine.MayFail(user.FailSecond, failActor, failUnknown), engine.Example(`
- id: pending
  use: challenge.resume
  with:
    token: ${{ input.challenge }}
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
`))
}

type confirmWith struct {
	UserID      string        `flow:"userId" needs:"pending" doc:"Whose app it is."`
	Code        engine.Secret `flow:"code,evidence" secret:"typed" doc:"A code that the app shows."`
	EndSessions string        `flow:"endSessions,literal" enum:"others,none" default:"others" doc:"Which of the user's sessions end: all but the one of this request, or none."`
}

type enabled struct {
	RecoveryCodes []engine.Secret `flow:"recoveryCodes" secret:"minted" credential:"with.userId" doc:"Ten codes for when the app is lost, each good once. They are known only now; those before are good no more."`
}

type confirmOutcomes struct {
	Enabled  engine.Outcome[enabled]     `flow:"enabled" proves:"with.userId" grade:"carried" factor:"totp" public:"" doc:"The app is enrolled: every sign-in asks for it from now on. The user is going to be mailed the template factor-changed."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" doc:"The code is wrong, or totp.enrol was more than ten minutes ago. Nothing has changed."`
}

func (m *Manager) confirmNode() engine.NodeType {
	return engine.Define("totp.confirm", "Enrols the authenticator app for which totp.enrol has made a secret, once a code of it is shown.",
		func(ctx context.Context, in confirmWith, out confirmOutcomes) (engine.Exit, error) {
			codes, err := m.confirm(ctx, in.UserID, in.Code.Reveal(), in.EndSessions == "others")
			switch {
			case errors.Is(err, errMismatch):
				return out.Mismatch.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			var e enabled
			for _, c := range codes {
				e.RecoveryCodes = append(e.RecoveryCodes, engine.NewSecret(c))
			}
			return out.Enabled.Exit(e), nil
		},
		engine.Effect, engine.Silent, engine.MayFail(failActor), engine.Example(`
- id: confirmed
  use: totp.confirm
  with:
    userId: ${{ session.userId }}
    code: ${{ input.code }}
  next: {mismatch: wrong}
- id: ok
  use: respond
  reveal: [confirmed.recoveryCodes]
  with:
    body:
      recoveryCodes: ${{ confirmed.recoveryCodes }}
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}
