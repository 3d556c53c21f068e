package user

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type getWith struct {
	ID         *string `flow:"id,optional" doc:"The user's id."`
	Email      *string `flow:"email,optional" doc:"The user's e-mail address, in any case."`
	Phone      *string `flow:"phone,optional" doc:"The user's phone number, from + on."`
	Username   *string `flow:"username,optional" doc:"The user's name for signing in."`
	Identifier *string `flow:"identifier,optional" doc:"An e-mail address, a phone number or a username."`
}

type getOutcomes struct {
	Found    engine.Outcome[User]        `flow:"found" same:"id=with.id" doc:"There is such a user, perhaps a disabled one."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 user_not_found There is no such user." doc:"There is none."`
}

// nobody is canonical in no kind, so no user has it.
const nobody = "?"

func getNode(store Store) engine.NodeType {
	return engine.Define("user.get", "Looks a user up by exactly one of the inputs; those that are null are not set.",
		func(ctx context.Context, in getWith, out getOutcomes) (engine.Exit, error) {
			by, value, err := in.only()
			if err != nil {
				return engine.Exit{}, err
			}
			canonical, err := Canonical(by, value)
			if err != nil {
				// A malformed identifier takes the time of a well-formed one, so that the
				// delay of the answer does not tell what accounts look like.
				canonical = nobody
			}
			u, err := store.Find(ctx, engine.Realm(ctx), by, canonical)
			switch {
			case errors.Is(err, ErrNotFound):
				return out.NotFound.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Found.Exit(u), nil
		},
		engine.Tells, engine.ExactlyOne("id", "email", "phone", "username", "identifier"),
		engine.Example(`
- id: me
  use: user.get
  with:
    id: ${{ session.userId }}
- id: ok
  use: respond
  with:
    body:
      name: ${{ me.name }}
`))
}

// only is the one input that is set.
func (in getWith) only() (by Identifier, value string, err error) {
	set := 0
	for _, field := range []struct {
		by    Identifier
		value *string
	}{{ByID, in.ID}, {ByEmail, in.Email}, {ByPhone, in.Phone}, {ByUsername, in.Username}, {ByAny, in.Identifier}} {
		if field.value != nil {
			by, value = field.by, *field.value
			set++
		}
	}
	if set != 1 {
		return "", "", engine.Fail(400, "validation_error", "Give exactly one of id, e-mail address, phone number and username.")
	}
	return by, value, nil
}
