package user

import "context"

// Account is what is chosen for a new user, by an operator or an import. A nil
// field is not set; at least one identifier is needed.
type Account struct {
	Email, Phone, Username *string
	Name, Picture          *string
	Groups                 []string
	Data                   map[string]any
}

// New makes the user of an account, by the rules by which user.create makes one:
// identifiers are canonical, and keys of data that cannot be set are dropped and
// named. What is wrong with the account is an *engine.Failure.
func New(ctx context.Context, a Account) (u User, dropped []string, err error) {
	return newUser(ctx, createWith{
		Email: a.Email, Phone: a.Phone, Username: a.Username, Name: a.Name, Picture: a.Picture, Groups: a.Groups, Data: a.Data,
	})
}
