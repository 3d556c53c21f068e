package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/cmd/internal/app"
)

// What a careless author would write into the bundles of the examples is refused by the
// loader: a check that is left out, an outcome that is swapped, a value of the caller's
// in place of a proved one, a token in an answer.
func TestUnsafeBundles(t *testing.T) {
	for _, c := range []struct {
		bundle, file, old, new string
		code                   string // of a problem that is reported
	}{
		{"altogic", "by-password.yaml", "next: {mismatch: failed}", "next: {mismatch: proved}", "unproved"},
		{"altogic", "by-password.yaml", "use: password.decoy\n    with:\n      identifier: ${{ input.email ?? input.phone ?? '' }}\n      password: ${{ input.password }}", "use: log\n    with:\n      message: nobody", "enumeration"},
		{"altogic", "by-password.yaml", "userId: ${{ user.id }}\n      password: ${{ input.password }}", "userId: ${{ user.id }}\n      password: ${{ user.email ?? '' }}", "not-evidence"},
		{"altogic", "sign-in-email.yaml", "next: {failed: reject}", "next: {failed: signedIn}", "not-in-reach"},
		{"altogic", "signed-in.yaml", "    reveal: [opened.token]\n", "", "secret-leak"},
		{"altogic", "signed-in.yaml", "userId: ${{ input.user.id }}", "userId: ${{ request.id }}", "unproved"},
		{"altogic", "grant.yaml", "userId: ${{ link.userId }}\n      address", "userId: ${{ input.key }}\n      address", "secret-leak"},
		{"altogic", "grant.yaml", "oauth]", "reset-pwd]", "mixed-purposes"},
		{"altogic", "reset-password.yaml", "purpose: reset-pwd", "purpose: magic-link", "weak-proof"},
		{"altogic", "reset-password.yaml", "userId: ${{ link.userId }}", "userId: ${{ request.id }}", "unproved"},
		{"altogic", "change-password.yaml", "next: {mismatch: reject}", "next: {mismatch: change, error: reject}", "weak-proof"},
		{"altogic", "change-password.yaml", "use: password.check\n    with:\n      userId: ${{ session.userId }}\n      password: ${{ input.oldPassword }}\n    next: {mismatch: reject}",
			"use: log\n    with:\n      message: nobody has typed the old one\n    next: {error: reject}", "weak-proof"},
		{"altogic", "change-email.yaml", "userId: ${{ session.userId }}\n      email", "userId: ${{ input.newEmail }}\n      email", "unproved"},
		{"altogic", "sessions.yaml", "userId: ${{ session.userId }}", "userId: ${{ input.own }}", "secret-leak"},
		{"altogic", "sign-out.yaml", "userId: ${{ session.userId }}", "userId: ${{ request.id }}", "unproved"},
		{"altogic", "sign-out-all.yaml", "require: [apikey, session]", "require: apikey", "not-in-reach"},
		{"altogic", "user.yaml", "require: [apikey, session]", "require: apikey", "not-in-reach"},
		{"altogic", "sign-up-email.yaml", "    allow: {enumeration: The client shows email_not_unique to the person who signs up.}\n", "", "enumeration"},
		{"altogic", "sign-up-email.yaml", "      password: ${{ input.password }}\n", "", "no-evidence"},
		{"altogic", "sign-up-email.yaml", "param: email", "param: ${{ input.password }}", "secret-leak"},
		{"altogic", "send-magic.yaml", "returnTo: ${{ params.redirectUrl }}", "returnTo: ${{ input.email }}", "untrusted"},

		{"bridgekeeper", "by-password.yaml", "next: {mismatch: failed}", "next: {mismatch: proved}", "unproved"},
		{"bridgekeeper", "by-password.yaml", "use: password.decoy\n    with:\n      identifier: ${{ input.name }}\n      password: ${{ input.password }}", "use: log\n    with:\n      message: nobody", "enumeration"},
		{"bridgekeeper", "by-code.yaml", "next: {mismatch: failed}", "next: {mismatch: wanted}", "not-in-reach"},
		{"bridgekeeper", "by-code.yaml", "use: user.create\n    with:\n      address: ${{ code.address }}", "use: user.create\n    with:\n      email: ${{ input.email }}", "no-evidence"},
		{"bridgekeeper", "reset-with-otp.yaml", "userId: ${{ owner.id }}", "userId: ${{ input.email }}", "unproved"},
		{"bridgekeeper", "send-otp.yaml", "userId: ${{ caller.userId }}", "userId: ${{ input.email ?? '' }}", "unproved"},
		{"bridgekeeper", "signed-in.yaml", "source: bridgekeeper", "source: ${{ opened.token }}", "token-in-body"},
		{"bridgekeeper", "kick.yaml", "userId: ${{ session.userId }}", "userId: ${{ request.id }}", "unproved"},
		{"bridgekeeper", "logout.yaml", "next: {absent: done}", "next: {absent: drop}", "not-in-reach"},
		{"bridgekeeper", "logout.yaml", "userId: ${{ caller.userId }}", "userId: ${{ request.id }}", "unproved"},
		{"bridgekeeper", "me.yaml", "require: session", "require: none", "not-in-reach"},
		{"bridgekeeper", "profile.yaml", "userId: ${{ session.userId }}", "userId: ${{ input.name ?? '' }}", "unproved"},
		{"bridgekeeper", "reset-with-token.yaml", "next: {invalid: invalid}", "next: {invalid: changed}", "not-in-reach"},
		{"bridgekeeper", "send-verification-link.yaml", "returnTo: ${{ target.url }}", "returnTo: ${{ input.redirectUrl }}", "untrusted"},
		{"bridgekeeper", "verify.yaml", "to: ${{ target.url }}\n      fragment: email-verified", "to: ${{ input.redirectUrl }}\n      fragment: email-verified", "untrusted"},
		{"bridgekeeper", "verify.yaml", "address: ${{ link.address }}", "email: ${{ input.redirectUrl }}", "unverified"},
		{"bridgekeeper", "verify-page.yaml", "    reveal: [input.token]\n", "", "secret-leak"},
	} {
		t.Run(c.bundle+"/"+c.file+" "+c.code, func(t *testing.T) {
			dir := t.TempDir()
			if err := app.Copy(dir, filepath.Join("../examples", c.bundle)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, c.file)
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(source), c.old, c.new, 1)
			if changed == string(source) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			p := &program{stdout: &out, stderr: &out}
			if status := p.run(t.Context(), []string{"check", dir}); status != exitProblems || !strings.Contains(out.String(), "["+c.code+"]") {
				t.Errorf("got status %d and\n%swant %s", status, out.String(), c.code)
			}
		})
	}
}
