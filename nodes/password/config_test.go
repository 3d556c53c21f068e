package password_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/password"
)

func decode(t *testing.T, text string) password.Config {
	t.Helper()
	v, diags := flows.ParseValue("app.yaml", []byte(text))
	var c password.Config
	diags = append(diags, flows.Decode(v, &c)...)
	if len(diags) > 0 {
		t.Fatalf("%s: %v", text, diags)
	}
	return c
}

func TestConfig(t *testing.T) {
	tests := []struct {
		text string
		want string // part of the error; "" for none
	}{
		{`{}`, ""},
		{`{hash: argon2id, minLength: 15}`, ""},
		{`{minLength: 8}`, ""},
		{`{params: {memory: 46MiB, time: 1}}`, ""},
		{`{params: {memory: 64MiB, time: 3, threads: 2}}`, ""},
		{`{minLength: 6}`, "minLength is 6"},
		{`{minLength: 7}`, "minLength is 7"},
		{`{hash: bcrypt}`, `hash is "bcrypt"`},
		{`{hash: md5}`, `hash is "md5"`},
		{`{params: {memory: 18MiB}}`, "weaker than OWASP"},
		{`{params: {time: 1}}`, "weaker than OWASP"},
		{`{params: {memory: 19456B}}`, "weaker than OWASP"},
		{`{params: {memory: 1000B}}`, "whole KiB"},
		{`{params: {memory: 8192GiB}}`, "whole KiB"},
		{`{params: {memory: 100GiB}}`, "password:"},
		{`{params: {time: -1}}`, "params.time"},
		{`{params: {time: 4294967298}}`, "params.time"},
		{`{params: {threads: 257}}`, "params.threads"},
	}
	for _, tt := range tests {
		t.Run("R-01 R-09 "+tt.text, func(t *testing.T) {
			c := decode(t, tt.text)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
			if _, refused := c.Argon2id(); (refused == nil) != (err == nil) {
				t.Errorf("the hasher: got %v, want %v", refused, err)
			}
		})
	}
}

func TestConfigNamesAllFaults(t *testing.T) {
	err := decode(t, `{hash: md5, minLength: 6, params: {time: 1}}`).Validate()
	for _, want := range []string{"md5", "minLength", "OWASP"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestConfigIsUsed(t *testing.T) {
	c := decode(t, `{minLength: 8, params: {memory: 20MiB, time: 3, threads: 1}}`)
	if diff := cmp.Diff(password.Policy{MinLength: 8}, c.Policy()); diff != "" {
		t.Error(diff)
	}
	h, err := c.Argon2id()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=20480,t=3,p=1$"; !strings.HasPrefix(encoded, want) {
		t.Errorf("got %s, want it to begin with %s", encoded, want)
	}
}
