// Package letter owns texts for users, by mail and by short message: the templates
// that they are made from, the carriers that take them, and the node types that ask
// for one.
package letter

import (
	"context"

	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// Channel is how a letter travels.
type Channel string

// The channels.
const (
	ByMail    Channel = "mail"
	ByMessage Channel = "message"
)

// kind is the kind of the entries of a channel.
func (c Channel) kind() outbox.Kind {
	if c == ByMessage {
		return outbox.Message
	}
	return outbox.Mail
}

// Address is the kind of the addresses to which letters of a channel go.
func (c Channel) Address() address.Kind {
	if c == ByMessage {
		return address.Phone
	}
	return address.Email
}

// ChannelTo is the channel of letters to a kind of addresses.
func ChannelTo(kind address.Kind) Channel {
	if kind == address.Phone {
		return ByMessage
	}
	return ByMail
}

// Letter is a letter to be written.
type Letter struct {
	Realm    string
	Channel  Channel
	Template string     // its name: the file without the ending
	To       string     // the address or the number
	User     *user.User // who gets it; nil where it goes to an address only
	Vars     map[string]string

	// Data is what the template sees besides User, Params, PublicURL and Vars, by the
	// name that it has there: Token, Code, ReturnTo, Minutes.
	Data map[string]any
}

// The templates of notices.
const (
	PasswordChanged = "password-changed" // to the user, whose password was set
	AddressReplaced = "address-replaced" // to the address that another one has replaced
	FactorChanged   = "factor-changed"   // to the user, whose second factor was enrolled or removed
)

// Notice is the entry of a mail to a user that tells of what has happened to the
// account.
func Notice(ctx context.Context, realm, template, userID string) outbox.Entry {
	return outbox.New(ctx, realm, outbox.Mail, userID, body{Template: template}.encode())
}

// Replaced is the entry of a letter to an address that was a user's until another one
// has replaced it.
func Replaced(ctx context.Context, realm, userID string, by user.Identifier, old string) outbox.Entry {
	c := ByMail
	if by == user.ByPhone {
		c = ByMessage
	}
	return outbox.New(ctx, realm, c.kind(), userID, body{Template: AddressReplaced, To: old}.encode())
}
