// Package session owns sessions: what a session is, how it is opened, checked
// and ended, and the store that keeps it. Every pathway to a session leads
// through Manager.Create, which takes a proof.
package session

import "github.com/latchwork/latchwork/engine"

// Listed is a session as it stands in a list.
type Listed struct {
	ID              string         `flow:"id" doc:"A handle: names the session, but does not open anything."`
	UserID          string         `flow:"userId" doc:"Whose session it is."`
	CreationDtm     engine.Instant `flow:"creationDtm" doc:"When it was opened."`
	LastSeenDtm     engine.Instant `flow:"lastSeenDtm" doc:"When it was last used, to within a minute."`
	ExpiryDtm       engine.Instant `flow:"expiryDtm" doc:"When it ends if it is not used before."`
	IP              string         `flow:"ip" doc:"The address it was opened from."`
	UserAgent       UserAgent      `flow:"userAgent" doc:"What it was opened with."`
	AccessGroupKeys []string       `flow:"accessGroupKeys,trusted" owner:"userId" doc:"The access groups of the user and of this session."`
	Level           int            `flow:"level" doc:"How many different kinds of factors were proved: 1 or 2; 0 if somebody else stands in."`
	Actor           *string        `flow:"actor,optional" doc:"Who acts for the user, if somebody does: user:<id> or key:<id>."`
	Data            map[string]any `flow:"data" doc:"Fields of the application's own."`
}

// Session is a session with its token, which is set only where the session has
// just been opened or its token was just replaced.
type Session struct {
	Listed
	Token engine.Secret `flow:"token" secret:"minted" format:"session" doc:"What the caller presents. Known only now: a hash is stored."`
}

// UserAgent tells what a session was opened with, in the shape of the npm
// package useragent: all texts, unknown parts are "Other" and "0".
type UserAgent struct {
	Family string  `flow:"family"`
	Major  string  `flow:"major"`
	Minor  string  `flow:"minor"`
	Patch  string  `flow:"patch"`
	Device Product `flow:"device"`
	OS     Product `flow:"os"`
}

// Product is a device or an operating system.
type Product struct {
	Family string `flow:"family"`
	Major  string `flow:"major"`
	Minor  string `flow:"minor"`
	Patch  string `flow:"patch"`
}
