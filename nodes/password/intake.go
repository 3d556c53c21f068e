package password

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/user"
)

// Intake takes new passwords: it judges and then hashes them. It is what sign-up,
// change and reset have in common.
type Intake struct {
	Policy  Policy
	Hasher  Hasher
	Service []string // names of the application, of which no password may be made

	Realms map[string]Rules // of the realms that differ from Policy and Service
}

// Rules are by what passwords are judged.
type Rules struct {
	Policy  Policy
	Service []string
}

// In is the Intake of a realm.
func (i Intake) In(realm string) Intake {
	if r, differs := i.Realms[realm]; differs {
		return Intake{Policy: r.Policy, Hasher: i.Hasher, Service: r.Service}
	}
	i.Realms = nil
	return i
}

var _ user.Passwords = Intake{}

// Accept is part of user.Passwords.
func (i Intake) Accept(ctx context.Context, password engine.Secret, words []string) (hash string, reasons []string, err error) {
	if i.Realms != nil {
		i = i.In(engine.Realm(ctx))
	}
	if reasons = i.reasons(password, words); len(reasons) > 0 {
		return "", reasons, nil
	}
	hash, err = i.Hasher.Hash(ctx, password.Reveal())
	return hash, nil, refusal(err)
}

// reasons are the codes of what is wrong with a password; none if it may be set.
func (i Intake) reasons(password engine.Secret, words []string) []string {
	var codes []string
	for _, reason := range i.Policy.Check(password.Reveal(), slices.Concat(i.Service, words)) {
		codes = append(codes, string(reason))
	}
	return codes
}

// refusal turns the errors of busy hash workers into what clients are told: to
// come back later. Other errors stay what they are.
func refusal(err error) error {
	var busy *BusyError
	wait := time.Second
	switch {
	case errors.As(err, &busy):
		wait = busy.RetryAfter
	case !errors.Is(err, ErrStopped):
		return err
	}
	f := engine.Fail(503, "overloaded", "The server is busy. Try again later.")
	f.RetryAfter = wait
	return f
}
