package user

import (
	"context"
	"errors"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

type createWith struct {
	Email    *string            `flow:"email,optional" format:"email" doc:"An e-mail address, not verified by this."`
	Phone    *string            `flow:"phone,optional" doc:"A phone number from + on, not verified by this."`
	Username *string            `flow:"username,optional" doc:"A name to sign in with: letters, digits and ._- in any language."`
	Name     *string            `flow:"name,optional" doc:"The name to show."`
	Picture  *string            `flow:"picture,optional" doc:"URL of a picture."`
	Data     map[string]any     `flow:"data,optional" doc:"Fields of the application's own. Keys that mean something in a user are dropped."`
	Password engine.Secret      `flow:"password,optional,evidence" secret:"typed" doc:"The password to sign in with."`
	Groups   []string           `flow:"groups,optional,trusted" doc:"Access groups to begin with."`
	Address  *address.Verified  `flow:"address,optional" doc:"An address that the caller has shown to hold; it becomes the user's, verified."`
	Identity *identity.Verified `flow:"identity,optional" doc:"An identity that a provider has confirmed; it becomes the user's, and so does its e-mail address if the provider says that it is verified."`
}

type taken struct {
	Field string `flow:"field" doc:"email, phone, username or identity."`
}

type weak struct {
	Reasons []string `flow:"reasons" doc:"too_short, too_long, common or context."`
}

type createOutcomes struct {
	Created engine.Outcome[User]  `flow:"created" proves:"id" factor:"password" public:"" doc:"The account was made; the caller is its user."`
	Taken   engine.Outcome[taken] `flow:"taken" discloses:"" public:"" fails:"409 taken Another account has this already." doc:"Another user has the address, the name or the identity."`
	Weak    engine.Outcome[weak]  `flow:"weak" free:"" public:"" fails:"422 password_rejected The password is too easy to guess." doc:"The password may not be used."`
}

func createNode(d Deps) engine.NodeType {
	return engine.Define("user.create", "Makes an account for the caller, who has shown an address or an identity, or chooses a password now.",
		func(ctx context.Context, in createWith, out createOutcomes) (engine.Exit, error) {
			if in.Password.IsEmpty() && in.Address == nil && in.Identity == nil {
				return engine.Exit{}, invalid("password", "A password is needed.")
			}
			u, dropped, err := newUser(ctx, in)
			if err != nil {
				return engine.Exit{}, err
			}
			hash := ""
			if !in.Password.IsEmpty() {
				// Hashed whether or not the user can be stored, so that the time does not
				// tell which identifiers are taken.
				var reasons []string
				hash, reasons, err = d.Passwords.Accept(ctx, in.Password, Words(u))
				if err != nil {
					return engine.Exit{}, err
				}
				if len(reasons) > 0 {
					return out.Weak.Exit(weak{reasons}), nil
				}
			}
			var other *TakenError
			if in.Identity != nil {
				err = d.Store.CreateIdentified(ctx, engine.Realm(ctx), u, hash, in.Identity.Identity())
			} else {
				err = d.Store.Create(ctx, engine.Realm(ctx), u, hash)
			}
			switch {
			case errors.As(err, &other):
				return out.Taken.Exit(taken{string(other.Field)}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			d.report(ctx, u.ID, dropped)
			return out.Created.Exit(u), nil
		},
		engine.Effect, engine.Refuses, engine.AtLeastOne("email", "phone", "username", "address", "identity"), engine.Costs(engine.PasswordCheck),
		engine.Example(`
- id: created
  use: user.create
  allow: {enumeration: The form tells the person that the address has an account already.}
  with:
    email: ${{ input.email }}
    password: ${{ input.password }}
- id: ok
  use: respond
  with:
    status: 201
    body:
      id: ${{ created.id }}
`))
}

// newUser is the user that the inputs describe, with the keys of data that
// cannot be set.
func newUser(ctx context.Context, in createWith) (u User, dropped []string, err error) {
	now := engine.Now(ctx)
	u = User{Status: Active, Provider: LocalProvider, SignUpAt: now, UpdatedAt: now, Groups: groupKeys(in.Groups), Factors: []string{}}
	if u.ID, err = opaque.NewID(engine.Random(ctx)); err != nil {
		return u, nil, err
	}
	for _, field := range []struct {
		by   Identifier
		from *string
		to   **string
	}{{ByEmail, in.Email, &u.Email}, {ByPhone, in.Phone, &u.Phone}, {ByUsername, in.Username, &u.Username}} {
		if field.from == nil {
			continue
		}
		canonical, err := Canonical(field.by, *field.from)
		if err != nil {
			return u, nil, invalid(string(field.by), "This is not a valid "+describe[field.by]+".")
		}
		*field.to = &canonical
	}
	if err := u.take(in.Address, in.Identity); err != nil {
		return u, nil, err
	}
	if u.Email == nil && u.Phone == nil && u.Username == nil && in.Identity == nil {
		return u, nil, engine.Fail(400, "validation_error", "An e-mail address, a phone number or a username is needed.")
	}
	if u.Name, err = shown(in.Name, displayName); err != nil {
		return u, nil, err
	}
	if u.Picture, err = shown(in.Picture, pictureURL); err != nil {
		return u, nil, err
	}
	if err := checkGroups(in.Groups); err != nil {
		return u, nil, err
	}
	u.Data, dropped = cleaned(in.Data)
	u.Slug = slugOf(&u)
	return u, dropped, nil
}

var describe = map[Identifier]string{ByEmail: "e-mail address", ByPhone: "phone number", ByUsername: "username"}

// take gives the user what the caller has shown to hold. A zero Verified, which
// no node has made, is refused.
func (u *User) take(a *address.Verified, i *identity.Verified) error {
	if i != nil {
		if *i == (identity.Verified{}) {
			return errUnverified
		}
		own := i.Identity()
		u.Provider, u.ProviderUserID = own.Provider, own.Subject
		if own.Email != "" && (u.Email == nil || *u.Email == own.Email) {
			u.Email, u.EmailVerified = &own.Email, true
		}
	}
	if a == nil {
		return nil
	}
	by := By(a.Kind())
	value, err := Canonical(by, a.Value())
	if err != nil {
		return errUnverified
	}
	if own, _ := u.Address(by); own != nil && *own != value {
		return invalid(string(by), "This is not the "+describe[by]+" that was confirmed.")
	}
	u.SetAddress(by, value)
	return nil
}

// errUnverified says that a Verified was not made by Verify.
var errUnverified = errors.New("user: a verified input holds nothing")

// shown checks a text that is optional and not kept when it is empty.
func shown(text *string, check func(string) (string, error)) (*string, error) {
	if text == nil {
		return nil, nil
	}
	checked, err := check(*text)
	if err != nil || checked == "" {
		return nil, err
	}
	return &checked, nil
}

// Words are what somebody who knows the user would try as a password.
func Words(u User) []string {
	var words []string
	for _, text := range []*string{u.Email, u.Phone, u.Username, u.Name} {
		if text != nil {
			words = append(words, *text)
		}
	}
	return words
}

// report names the keys that were not taken from data. It names no values.
func (d Deps) report(ctx context.Context, userID string, dropped []string) {
	if len(dropped) > 0 {
		d.Log.WarnContext(ctx, "reserved keys of data were dropped", "user", userID, "keys", strings.Join(dropped, ","))
	}
}
