// Package user owns accounts: what a user is, the rules about them, and the
// store that keeps them. It does not own credentials: passwords, factors and
// sessions have groups of their own.
package user

import "github.com/latchwork/latchwork/engine"

// Status says whether a user may open and use sessions.
type Status string

// The statuses of users.
const (
	Active   Status = "active"
	Disabled Status = "disabled"
)

// User is an account as flows see it.
type User struct {
	ID             string          `flow:"id" doc:"24 hex digits."`
	Email          *string         `flow:"email,optional" doc:"The e-mail address, in lower case."`
	EmailVerified  bool            `flow:"emailVerified" doc:"Whether the user has shown to hold the e-mail address."`
	Phone          *string         `flow:"phone,optional" doc:"The phone number, as + and digits."`
	PhoneVerified  bool            `flow:"phoneVerified" doc:"Whether the user has shown to hold the phone number."`
	Username       *string         `flow:"username,optional" doc:"The name the user signs in with."`
	Name           *string         `flow:"name,optional" doc:"The name to show."`
	Picture        *string         `flow:"picture,optional" doc:"URL of a picture."`
	Provider       string          `flow:"provider" doc:"Where the account came from: latchwork, or the name of a provider."`
	ProviderUserID string          `flow:"providerUserId" doc:"The user's id there."`
	SignUpAt       engine.Instant  `flow:"signUpAt" doc:"When the account was made."`
	UpdatedAt      engine.Instant  `flow:"updatedAt" doc:"When it was last changed."`
	LastLoginAt    *engine.Instant `flow:"lastLoginAt,optional" doc:"When a session was last opened."`
	Groups         []string        `flow:"groups,trusted" owner:"id" doc:"Keys of the user's access groups."`
	Data           map[string]any  `flow:"data" doc:"Fields of the application's own."`
	Slug           string          `flow:"slug" doc:"A short name for URLs."`
	Status         Status          `flow:"status" doc:"active or disabled."`
	Factors        []string        `flow:"factors" doc:"The second factors that the user has enrolled."`
}

// LocalProvider is the Provider of accounts that were made here.
const LocalProvider = "latchwork"
