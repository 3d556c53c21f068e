package password

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
)

type setWith struct {
	UserID      string        `flow:"userId" needs:"fresh,reset" doc:"The user who gets the password."`
	Password    engine.Secret `flow:"password" secret:"typed" doc:"The new password."`
	EndSessions string        `flow:"endSessions,literal" enum:"others,all,none" default:"others" doc:"Which of the user's sessions end: all but the one of this request, all, or none."`
}

type setOutcomes struct {
	Changed engine.Outcome[engine.None] `flow:"changed" doc:"The password is set, and the user is going to be mailed the template password-changed."`
	Weak    engine.Outcome[rejection]   `flow:"weak" free:"" public:"" fails:"422 password_rejected The password is too easy to guess." doc:"The password may not be used; nothing has changed."`
}

var failNone = engine.Fail(404, "user_not_found", "There is no such user.")

func setNode(d Deps) engine.NodeType {
	return engine.Define("password.set", "Sets a user's password, and ends sessions that may be in other hands.",
		func(ctx context.Context, in setWith, out setOutcomes) (engine.Exit, error) {
			realm := engine.Realm(ctx)
			words, err := d.Words(ctx, realm, in.UserID)
			if err != nil {
				return engine.Exit{}, err
			}
			hash, reasons, err := d.Accept(ctx, in.Password, words)
			if err != nil {
				return engine.Exit{}, err
			}
			if len(reasons) > 0 {
				return out.Weak.Exit(rejection{reasons}), nil
			}
			// A session that the run does not prove the user by is not the caller's.
			proof, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			own, end := proof.Session(), EndSessions(in.EndSessions)
			err = d.Store.Set(ctx, realm, in.UserID, hash, end, own,
				letter.Notice(ctx, realm, letter.PasswordChanged, in.UserID))
			switch {
			case errors.Is(err, ErrNone):
				return engine.Exit{}, failNone
			case err != nil:
				return engine.Exit{}, err
			}
			engine.Stamp(ctx, in.UserID, hash)
			// What was tried was tried on the old password.
			if err := d.Tries.Forgive(ctx, Target{Realm: realm, UserID: in.UserID}); err != nil {
				d.Log.WarnContext(ctx, "wrong passwords could not be forgiven", "user", in.UserID, "error", err)
			}
			if end == EndAll && own != "" {
				engine.EndSession(ctx)
			}
			return out.Changed.Exit(engine.None{}), nil
		},
		engine.Effect, engine.EndsSession, engine.Costs(engine.PasswordCheck), engine.MayFail(failNone),
		engine.Example(`
- id: check
  use: password.check
  with:
    userId: ${{ session.userId }}
    password: ${{ input.oldPassword }}
  next: {mismatch: reject}
- id: changed
  use: password.set
  with:
    userId: ${{ session.userId }}
    password: ${{ input.password }}
- id: ok
  use: respond
  with:
    status: 204
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The old password is wrong.
`))
}
