package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/session"
)

func TestValidate(t *testing.T) {
	from := func(c ...session.Carrier) session.Config { return session.Config{From: c} }
	for _, test := range []struct {
		name   string
		config session.Config
		want   string // "" for nothing wrong
	}{
		{"the zero config", session.Config{}, ""},
		{"everything", session.Config{
			From: []session.Carrier{{Header: "x-qt-auth"}, {Cookie: "__Host-session"}, {Cookie: "qt-auth", Deviation: "old clients"}},
			Idle: time.Hour, Absolute: time.Hour, Limit: session.LimitConfig{Max: 3, Policy: session.EndOldest}, OnSignIn: session.Add,
		}, ""},
		{"an empty list", session.Config{From: []session.Carrier{}}, "session.from: name at least one header or cookie"},
		{"an empty carrier", from(session.Carrier{}), "session.from[0]: name a header or a cookie"},
		{"both", from(session.Carrier{Header: "a", Cookie: "__Host-a"}), "session.from[0]: name a header or a cookie, not both"},
		{"R-45 a cookie of any host", from(session.Carrier{Cookie: "session"}), "session.from[0]: cookie session is not named __Host-session; say under deviation why not"},
		{"R-45 a cookie that only looks so", from(session.Carrier{Cookie: "__host-session"}), "session.from[0]: cookie __host-session is not named __Host-session; say under deviation why not"},
		{"R-45 a cookie of another prefix", from(session.Carrier{Cookie: "__Secure-s"}), "session.from[0]: cookie __Secure-s is not named __Host-s; say under deviation why not"},
		{"R-45 a cookie that is a prefix", from(session.Carrier{Cookie: "__Secure-"}), "session.from[0]: cookie __Secure- is not named __Host-session; say under deviation why not"},
		{"no deviation", from(session.Carrier{Cookie: "__Host-s", Deviation: "x"}), "session.from[0]: cookie __Host-s deviates from nothing"},
		{"a header's deviation", from(session.Carrier{Header: "S", Deviation: "x"}), "session.from[0]: deviation says why a cookie is not named __Host-, and this is a header"},
		{"an odd cookie", from(session.Carrier{Cookie: "__Host-a;b"}), `session.from[0]: "__Host-a;b" is no name of a cookie`},
		{"an odd header", from(session.Carrier{Header: "a b"}), `session.from[0]: "a b" cannot be the header of a session`},
		{"a header that means something else", from(session.Carrier{Header: "cookie"}), `session.from[0]: "cookie" cannot be the header of a session`},
		{"twice", from(session.Carrier{Header: "Session"}, session.Carrier{Header: "session"}), "session.from[1]: header session is named twice"},
		{"idle", session.Config{Idle: time.Millisecond}, "session.idle must be at least 1s, not 1ms"},
		{"absolute", session.Config{Absolute: -time.Hour}, "session.absolute must be at least 1s, not -1h0m0s"},
		{"limit", session.Config{Limit: session.LimitConfig{Max: -1}}, "session.limit.max must be 0 for none, or more, not -1"},
		{"policy", session.Config{Limit: session.LimitConfig{Policy: "endoldest"}}, `session.limit.policy must be refuse or endOldest, not "endoldest"`},
		{"onSignIn", session.Config{OnSignIn: "keep"}, `session.onSignIn must be replace or add, not "keep"`},
		{"two at once", session.Config{Idle: 1, OnSignIn: "x"}, "session.idle must be at least 1s, not 1ns\nsession.onSignIn must be replace or add, not \"x\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := test.config.Validate(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The section of app.yaml fills a Config as it stands.
func TestDecode(t *testing.T) {
	v, diags := flows.ParseValue("app.yaml", []byte(`
from: [{header: x-qt-auth}, {cookie: qt-auth, deviation: old clients}]
idle: 7d
absolute: 720h
limit: {max: 3, policy: endOldest}
onSignIn: add
`))
	var got session.Config
	diags = append(diags, flows.Decode(v, &got)...)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := session.Config{
		From: []session.Carrier{{Header: "x-qt-auth"}, {Cookie: "qt-auth", Deviation: "old clients"}},
		Idle: 168 * time.Hour, Absolute: 720 * time.Hour,
		Limit: session.LimitConfig{Max: 3, Policy: session.EndOldest}, OnSignIn: session.Add,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if got.Cookie() != "qt-auth" {
		t.Errorf("got cookie %q", got.Cookie())
	}
	if zero := (&session.Config{}); zero.Cookie() != "" {
		t.Errorf("got cookie %q for the zero config", zero.Cookie())
	}
}

func TestFind(t *testing.T) {
	c := session.Config{From: []session.Carrier{{Header: "session"}, {Cookie: "__Host-a"}, {Cookie: "__Host-b"}}}
	for _, test := range []struct {
		from  source
		token string
		by    string
	}{
		{source{}, "", "header "},
		{source{headers: map[string]string{"Session": "h"}, cookies: map[string]string{"__Host-a": "a"}}, "h", "header session"},
		{source{headers: map[string]string{"Session": ""}, cookies: map[string]string{"__Host-b": "b"}}, "b", "cookie __Host-b"},
		{source{cookies: map[string]string{"__Host-b": "b", "__Host-a": "a"}}, "a", "cookie __Host-a"},
	} {
		token, by := c.Find(test.from)
		if token != test.token || by.String() != test.by {
			t.Errorf("%v: got %q by %s, want %q by %s", test.from, token, by, test.token, test.by)
		}
	}
}

// FuzzToken: whatever a request carries, a session is opened by a stored token
// only, and nothing else reaches the store.
func FuzzToken(f *testing.F) {
	f.Add("lws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("lws_")
	f.Add("Bearer x")
	f.Add("lws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		store := newMemory()
		m := &session.Manager{Store: store}
		if _, err := m.Check(t.Context(), "main", text); err == nil {
			t.Errorf("%q opens a session", text)
		}
		if store.finds > 0 && (len(text) != 47 || !strings.HasPrefix(text, "lws_")) {
			t.Errorf("%q was looked up", text)
		}
		if err := m.Delete(t.Context(), "main", alice, text); err == nil {
			t.Errorf("%q was deleted", text)
		}
	})
}
