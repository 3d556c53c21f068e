package session

import (
	"slices"
	"strings"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Session is the session as flows see it, without its token.
func (f *Found) Session() Session { return Session{Listed: f.Listed()} }

// Listed is the session as it stands in a list. It has no part in common with f,
// which may be shared.
func (f *Found) Listed() Listed {
	agent := f.agent
	if agent == nil {
		agent = agentOf(f.UserAgent)
	}
	l := Listed{
		ID: f.ID, UserID: f.UserID, CreationDtm: f.Created, LastSeenDtm: f.LastSeen, ExpiryDtm: f.expiry(),
		IP: f.IP, UserAgent: *agent, AccessGroupKeys: f.groups(), Level: level(f.Factors),
		Data: engine.CloneJSON(f.Data).(map[string]any),
	}
	if f.Actor != "" {
		actor := f.Actor // made here, since hardly any session has one
		l.Actor = &actor
	}
	return l
}

// proving is the exit of a node by which the session proves its user. The proof says who
// stands in for the user there, so that what it is used for can tell.
func (s *Session) proving(exit engine.Exit) engine.Exit {
	if s.Actor == nil {
		return exit
	}
	return exit.Keeping(engine.Kept{Actor: *s.Actor})
}

// expiry is when the session ends if it is not used before.
func (f *Found) expiry() engine.Instant {
	if f.End == 0 {
		return f.IdleEnd
	}
	return min(f.IdleEnd, f.End)
}

// groups are those that the user has at this moment, so that a change takes
// effect at once, and those of the session.
func (f *Found) groups() []string {
	groups := append(make([]string, 0, len(f.UserGroups)+len(f.Groups)), f.UserGroups...)
	for _, g := range f.Groups {
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}

// millis is a duration in the unit of Instants.
func millis(d time.Duration) engine.Instant { return engine.Instant(d.Milliseconds()) }

// cut bounds what is kept of a User-Agent header, which anybody can make long.
func cut(text string) string {
	// A text of its own: a part of the header would keep all of it in memory.
	return strings.Clone(strings.ToValidUTF8(text[:min(len(text), maxUserAgent)], ""))
}
