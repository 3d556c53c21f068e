// Package flowtest runs small flows in tests of node types, where one node alone
// does not show what they do together. Its guards let everybody in.
package flowtest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/answer"
	"github.com/latchwork/latchwork/nodes/identity"
)

// Flow is a flow in a test, and a request to it.
type Flow struct {
	Types  []engine.NodeType // besides the answers and those of this package
	Rate   engine.NodeType   // the guard of rates; the zero one lets everybody in
	Source string            // the flow, from endpoints on
	World  engine.World
	UserID string         // whose session the request comes with, if one is required
	Actor  string         // who stands in for the user in that session; "" for nobody
	Realm  string         // "" means engine.MainRealm
	IP     string         // of the caller
	Body   map[string]any // of the request

	Purposes  map[string]string        // of tokens, with their classes
	Lifetimes map[string]time.Duration // of purposes that say one
}

// Load gives what the loader says of the flow.
func (f Flow) Load(t testing.TB) flows.Diagnostics {
	t.Helper()
	_, diags := f.compile(t)
	return diags
}

// Run loads the flow, makes one request and gives the answer to it.
func (f Flow) Run(ctx context.Context, t testing.TB) *engine.Answer {
	t.Helper()
	return f.Server(t)(ctx, f)
}

// Server loads the flow once for many requests: the function runs it with what
// it is given of UserID, Actor, Realm, IP and Body. It is safe for concurrent use.
func (f Flow) Server(t testing.TB) func(ctx context.Context, request Flow) *engine.Answer {
	t.Helper()
	b, diags := f.compile(t)
	if len(diags) > 0 {
		t.Fatalf("the loader refuses the flow:\n%v", diags)
	}
	return func(ctx context.Context, request Flow) *engine.Answer {
		if request.Realm == "" {
			request.Realm = engine.MainRealm
		}
		var a engine.Answer
		b.Programs[0].Run(ctx, &engine.Request{Realm: request.Realm, IP: request.IP, Source: source{request: request}}, &a)
		return &a
	}
}

func (f Flow) compile(t testing.TB) (*engine.Bundle, flows.Diagnostics) {
	t.Helper()
	var types engine.Registry
	all := slices.Concat(f.Types, answer.Nodes(answer.Deps{}), []engine.NodeType{Verify(), Identify()})
	if err := types.AddStandard(all...); err != nil {
		t.Fatal(err)
	}
	parsed, diags := flows.Parse("test.yaml", []byte("version: 1\nflow: test\n"+f.Source))
	if len(diags) > 0 {
		return nil, diags
	}
	if f.Rate == (engine.NodeType{}) {
		f.Rate = rateGuard()
	}
	c := &engine.Compiler{Types: &types, World: f.World, Guards: engine.Guards{Rate: f.Rate, Key: keyGuard(), Session: sessionGuard()}}
	return c.Compile(&engine.App{Cookies: true, Purposes: f.Purposes, Lifetimes: f.Lifetimes}, []*flows.Flow{parsed})
}

// source is a request that consists of its body.
type source struct {
	engine.Source
	request Flow
}

func (s source) Body() (any, error) { return s.request.Body, nil }

var used = regexp.MustCompile(`input\.(\w+)`)

// Example is a flow whose nodes are the example of a node type. Where they take
// the user of a session the flow requires one; where they act for the
// application, a scope.
func Example(n engine.NodeType, types []engine.NodeType) Flow {
	nodes := n.Describe().Example
	require := "require: none"
	switch {
	case strings.Contains(nodes, "session."):
		require = "require: session"
	case strings.Contains(nodes, "unproved") || n.Name() == "user.list":
		require = "require: apikey, scope: staff"
	}
	var inputs []string
	for _, match := range used.FindAllStringSubmatch(nodes, -1) {
		line := "  " + match[1] + ": {type: string}\n"
		if slices.ContainsFunc([]string{"password", "secret", "token", "code", "challenge", "binding"}, func(word string) bool { return strings.Contains(strings.ToLower(match[1]), word) }) {
			line = "  " + match[1] + ": {type: string, secret: true}\n"
		}
		if !slices.Contains(inputs, line) {
			inputs = append(inputs, line)
		}
	}
	head := "endpoints:\n  - {method: POST, path: /, " + require + "}\n"
	if len(inputs) > 0 {
		head += "input:\n" + strings.Join(inputs, "")
	}
	return Flow{Types: types, Source: head + "nodes:" + nodes}
}

type passed struct {
	Passed engine.Outcome[engine.None] `flow:"passed"`
}

type rateWith struct {
	Max int `flow:"max,literal"`
}

func rateGuard() engine.NodeType {
	return engine.Define("guard.rate", "Lets everybody in.", func(_ context.Context, _ rateWith, out passed) (engine.Exit, error) {
		return out.Passed.Exit(engine.None{}), nil
	})
}

type keyWith struct {
	Scope *string `flow:"scope,optional,literal"`
}

type keyInfo struct {
	ID string `flow:"id"`
}

type keyPassed struct {
	Passed engine.Outcome[keyInfo] `flow:"passed"`
}

func keyGuard() engine.NodeType {
	return engine.Define("guard.key", "Lets everybody in.", func(_ context.Context, _ keyWith, out keyPassed) (engine.Exit, error) {
		return out.Passed.Exit(keyInfo{"0123456789abcdef01234567"}), nil
	}, engine.ReadsRequest)
}

type sessionWith struct {
	Groups []string `flow:"groups,optional,literal"`
}

type sessionInfo struct {
	ID     string `flow:"id"`
	UserID string `flow:"userId"`
}

type sessionPassed struct {
	Passed engine.Outcome[sessionInfo] `flow:"passed" proves:"userId" grade:"session" session:"id"`
}

// SessionID is the id of the session that requests come with.
const SessionID = "5e5510000000000000000000"

func sessionGuard() engine.NodeType {
	return engine.Define("guard.session", "Believes the request.", func(ctx context.Context, _ sessionWith, out sessionPassed) (engine.Exit, error) {
		s, _ := engine.RequestOf(ctx).Source.(source)
		exit := out.Passed.Exit(sessionInfo{ID: SessionID, UserID: s.request.UserID})
		if s.request.Actor != "" {
			exit = exit.Keeping(engine.Kept{Actor: s.request.Actor})
		}
		return exit, nil
	}, engine.ReadsRequest)
}

type verifyWith struct {
	Kind  string        `flow:"kind,literal" enum:"email,phone"`
	Value string        `flow:"value"`
	Code  engine.Secret `flow:"code,evidence"`
}

type verified struct {
	Address address.Verified `flow:"address"`
}

type verifyOutcomes struct {
	Verified engine.Outcome[verified] `flow:"verified" proves:"address" subject:"address" factor:"otp" public:""`
}

// Verify is the node type test.verify, which believes that the caller holds an
// address.
func Verify() engine.NodeType {
	return engine.Define("test.verify", "Verifies any address.", func(_ context.Context, in verifyWith, out verifyOutcomes) (engine.Exit, error) {
		return out.Verified.Exit(verified{address.Verify(address.Kind(in.Kind), in.Value)}), nil
	})
}

type identifyWith struct {
	Subject string        `flow:"subject"`
	Email   string        `flow:"email" default:""`
	Code    engine.Secret `flow:"code,evidence"`
}

type identified struct {
	Identity identity.Verified `flow:"identity"`
}

type identifyOutcomes struct {
	Identified engine.Outcome[identified] `flow:"identified" proves:"identity" subject:"identity" factor:"provider" public:""`
}

// Identify is the node type test.identify, which believes that the caller is
// somebody with the provider "github".
func Identify() engine.NodeType {
	return engine.Define("test.identify", "Believes any identity.", func(_ context.Context, in identifyWith, out identifyOutcomes) (engine.Exit, error) {
		return out.Identified.Exit(identified{identity.Verify(identity.Identity{Provider: "github", Issuer: "https://github.com", Subject: in.Subject, Email: in.Email})}), nil
	})
}
