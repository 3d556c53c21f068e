package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/cmd/internal/app"
)

// What a careless author would write into the bundles of the examples is refused by the
// loader: a check that is left out, an outcome that is swapped, a value of the caller's
// in place of a proved one, a token in an answer, a second factor that is skipped (R-26,
//
func TestUnsafeBundles(t *testing.T) {
	for _, c := range carelessly {
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

type careless struct {
	bundle, file, old, new string
	code                   string // of a problem that is reported
}

// carelessly is what a careless author would write: old becomes new in a file of a
// bundle.
var carelessly = []careless{
	{"altogic", "provider-callback.yaml", "state: ${{ input.state }}", "state: ${{ request.id }}", "not-evidence"},
	{"altogic", "provider-callback.yaml", "      binding: ${{ input.binding }}\n", "", "missing-field"},
	{"altogic", "provider-callback.yaml", "binding: ${{ input.binding }}", "binding: fixed", "not-evidence"},
	{"altogic", "provider-callback.yaml", "identity: ${{ back.identity }}", "identity: ${{ back.email }}", "may-be-null"},
	{"altogic", "provider-callback.yaml", "to: ${{ params.redirectUrl }}", "to: ${{ input.iss ?? '/' }}", "untrusted"},
	{"altogic", "provider.yaml", "to: ${{ start.url }}", "to: ${{ input.provider }}", "untrusted"},
	{"altogic", "identified.yaml", "use: user.create\n    with:\n      identity: ${{ input.identity }}", "use: user.create\n    with:\n      username: ${{ input.name }}", "no-evidence"},
	{"altogic", "identified.yaml", "userId: ${{ known.id }}", "userId: ${{ input.name ?? '' }}", "credential-unproved"},
	{"altogic", "hand-over.yaml", "    reveal: [ticket.value]\n", "", "secret-leak"},

	{"bridgekeeper", "social-callback.yaml", "binding: ${{ input.binding }}", "binding: ${{ request.id }}", "not-evidence"},
	{"bridgekeeper", "social-callback.yaml", "userId: ${{ who.userId }}", "userId: ${{ back.email ?? '' }}", "unproved"},
	{"bridgekeeper", "social-start.yaml", "returnTo: ${{ target.url }}", "returnTo: ${{ input.redirectUrl }}", "untrusted"},
	{"bridgekeeper", "social-start.yaml", "callback: /api/auth/v1/{provider}/callback", "callback: ${{ target.url }}", "literal"},
	{"bridgekeeper", "identified.yaml", "unknown: created}", "unknown: who}", "merge-none"},
	{"bridgekeeper", "signed-in-at.yaml", "next: {secondFactor: half}", "next: {secondFactor: here}", "not-in-reach"},

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
	{"altogic", "send-magic.yaml", "returnTo: ${{ params.redirectUrl }}", "returnTo: ${{ input.email }}", "untrusted"},
	{"altogic", "by-code.yaml", "next: {mismatch: invalid}", "next: {mismatch: user}", "not-in-reach"},
	{"altogic", "by-code.yaml", "code: ${{ input.code }}", `code: "123456"`, "not-evidence"},
	{"altogic", "by-code.yaml", "use: user.of\n    with:\n      address: ${{ code.address }}", "use: user.get\n    with:\n      phone: ${{ input.phone }}", "unproved"},
	{"altogic", "sign-in-code.yaml", "purpose: sign-in-code", "purpose: verify-phone", "weak-proof"},
	{"altogic", "sign-in-code.yaml", "purpose: sign-in-code", "purpose: reset-pwd-code", "weak-proof"},
	{"altogic", "sign-in-phone.yaml", "next: {failed: reject}", "next: {failed: signedIn}", "not-in-reach"},
	{"altogic", "reset-password-code.yaml", "purpose: reset-pwd-code", "purpose: verify-phone", "weak-proof"},
	{"altogic", "reset-password-code.yaml", "userId: ${{ who.user.id }}", "userId: ${{ input.phone }}", "unproved"},
	{"altogic", "verify-phone.yaml", "next: {mismatch: invalid}", "next: {mismatch: verified}", "not-in-reach"},
	{"altogic", "verify-phone.yaml", "address: ${{ code.address }}", "address: ${{ input.phone }}", "bad-type"},
	{"altogic", "verified-phone.yaml", "id: ok\n    use: flow.withoutSession", "id: ok\n    use: flow.signedIn", "unproved"},
	{"altogic", "verified-phone.yaml", "use: user.confirm", "use: user.of", "weak-proof"},
	{"altogic", "verified-phone.yaml", "next: {invalid: confirmed}", "next: {invalid: own}", "not-in-reach"},
	{"altogic", "verified-phone.yaml", "next: {taken: confirmed}", "next: {taken: signedIn}", "not-in-reach"},
	{"altogic", "phone-unverified.yaml", "session: null", "session: ${{ maker.value }}", "secret-leak"},
	{"altogic", "phone-unverified.yaml", "userId: ${{ input.user.id }}\n      purpose: sign-up", "userId: ${{ request.id }}\n      purpose: sign-up", "credential-unproved"},
	{"altogic", "new-phone.yaml", "next: {absent: none}", "next: {absent: code}", "not-in-reach"},
	{"altogic", "new-phone.yaml", "userId: ${{ caller.userId }}", "userId: ${{ input.phone }}", "unproved"},
	{"altogic", "new-phone.yaml", "address: ${{ code.address }}", "email: ${{ input.phone }}", "unverified"},
	{"altogic", "change-phone.yaml", "password: ${{ input.currentPassword }}", "password: ${{ params.redirectUrl }}", "not-evidence"},
	{"altogic", "new-account.yaml", "    allow: {enumeration: The client shows to the person who signs up that the address is taken.}\n", "", "enumeration"},
	{"altogic", "new-account.yaml", "      password: ${{ input.password }}\n", "", "no-evidence"},
	{"altogic", "new-account.yaml", "value: ${{ input.email ?? input.phone ?? '' }}", "value: ${{ input.password }}", "secret-leak"},
	{"altogic", "sign-up-email.yaml", "userId: ${{ new.user.id }}", "userId: ${{ input.email }}", "unproved"},
	{"altogic", "sign-up-phone.yaml", "user: ${{ new.user }}", "user: ${{ input.phone }}", "bad-type"},
	{"altogic", "sign-out-all-except.yaml", "require: [apikey, session]", "require: apikey", "not-in-reach"},
	{"altogic", "resend.yaml", "returnTo: ${{ params.redirectUrl }}", "returnTo: ${{ input.email }}", "untrusted"},
	{"altogic", "send-reset.yaml", "returnTo: ${{ params.redirectUrl }}", "returnTo: ${{ input.email }}", "untrusted"},
	{"altogic", "resend-code.yaml", "use: respond", "use: respond\n    with:\n      body: ${{ code.binding }}", "secret-leak"},
	{"altogic", "send-code.yaml", "use: respond", "use: respond\n    with:\n      body: ${{ code.binding }}", "secret-leak"},
	{"altogic", "send-reset-code.yaml", "use: respond", "use: respond\n    with:\n      body: ${{ code.binding }}", "secret-leak"},

	{"bridgekeeper", "by-password.yaml", "next: {mismatch: failed}", "next: {mismatch: proved}", "unproved"},
	{"bridgekeeper", "by-password.yaml", "use: password.decoy\n    with:\n      identifier: ${{ input.name }}\n      password: ${{ input.password }}", "use: log\n    with:\n      message: nobody", "enumeration"},
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
	{"bridgekeeper", "by-code.yaml", "next: {mismatch: failed}", "next: {mismatch: proved}", "not-in-reach"},
	{"bridgekeeper", "by-code.yaml", "purpose: otp", "purpose: otp-verify", "weak-proof"},
	{"bridgekeeper", "by-code.yaml", "use: user.of\n    with:\n      address: ${{ code.address }}", "use: user.get\n    with:\n      email: ${{ input.email }}", "unproved"},
	{"bridgekeeper", "login.yaml", "next: {failed: rejected}", "next: {failed: signedIn}", "not-in-reach"},
	{"bridgekeeper", "login.yaml", "code: ${{ input.otp }}", `code: "123456"`, "not-evidence"},
	{"bridgekeeper", "login-by-code.yaml", "next: {newcomer: wanted, failed: rejected}", "next: {newcomer: wanted, failed: signedIn}", "not-in-reach"},
	{"bridgekeeper", "newcomer.yaml", "address: ${{ input.address }}", "email: ann@example.com", "no-evidence"},
	{"bridgekeeper", "otp-sent.yaml", "message: OTP was sent successfully.", "message: ${{ input.asked }}", "secret-leak"},
	{"bridgekeeper", "otp-to-caller.yaml", "userId: ${{ caller.userId }}", "userId: ${{ request.id }}", "unproved"},
	{"bridgekeeper", "otp-to-caller.yaml", "next: {absent: nobody}", "next: {absent: code}", "not-in-reach"},
	{"bridgekeeper", "send-otp.yaml", "purpose: [otp, otp-verify]", "purpose: [otp, reset]", "mixed-purposes"},
	{"bridgekeeper", "reset-with-otp.yaml", "userId: ${{ owner.user.id }}", "userId: ${{ input.email }}", "unproved"},
	{"bridgekeeper", "reset-with-otp.yaml", "next: {newcomer: wrong, failed: wrong}", "next: {newcomer: wrong, failed: changed}", "not-in-reach"},
	{"bridgekeeper", "self.yaml", "next: {invalid: nobody}", "next: {invalid: signedUp}", "not-in-reach"},
	{"bridgekeeper", "self.yaml", "userId: ${{ maker.userId }}", "userId: ${{ request.id }}", "unproved"},
	{"bridgekeeper", "self.yaml", "purpose: sign-up", "purpose: reset", "unproved"},
	{"bridgekeeper", "update-with-otp.yaml", "next: {nobody: wrong}", "next: {nobody: changed}", "not-in-reach"},
	{"bridgekeeper", "update-with-otp.yaml", "userId: ${{ who.userId }}", "userId: ${{ request.id }}", "unproved"},
	{"bridgekeeper", "update-with-otp.yaml", "next: {mismatch: wrong}", "next: {mismatch: who}", "not-in-reach"},
	{"bridgekeeper", "signed-up.yaml", "source: bridgekeeper", "source: ${{ maker.value }}", "secret-leak"},
	{"bridgekeeper", "signed-up.yaml", "userId: ${{ input.user.id }}", "userId: ${{ request.id }}", "credential-unproved"},
	{"bridgekeeper", "signup.yaml", "code: ${{ input.otp }}", `code: "123456"`, "not-evidence"},
	{"bridgekeeper", "signup-by-code.yaml", "next: {mismatch: wrong}", "next: {mismatch: new}", "not-in-reach"},
	{"bridgekeeper", "signup-by-password.yaml", "    allow: {enumeration: The clients show \"User Already exists\" to the person who signs up.}\n", "", "enumeration"},
	{"bridgekeeper", "signup-by-password.yaml", "      password: ${{ input.password }}\n", "", "no-evidence"},
	{"bridgekeeper", "forgot-password.yaml", "returnTo: ${{ params.resetUrl }}", "returnTo: ${{ input.email }}", "untrusted"},
	{"bridgekeeper", "sessions.yaml", "require: session", "require: none", "not-in-reach"},
	{"bridgekeeper", "validate.yaml", "require: session", "require: none", "not-in-reach"},
	{"bridgekeeper", "signed-in.yaml", "secondFactor: half", "secondFactor: active", "not-in-reach"},
	{"bridgekeeper", "second-factor.yaml", "userId: ${{ input.userId }}", "userId: ${{ request.id }}", "unproved"},
	{"bridgekeeper", "second-factor.yaml", "message: A second factor is required.", "message: ${{ half.token }}", "secret-leak"},
	{"bridgekeeper", "tfa-validate.yaml", "next: {match: user, mismatch: recovery}", "next: {match: recovery, mismatch: user}", "weak-proof"},
	{"bridgekeeper", "tfa-validate.yaml", "next: {mismatch: wrong}", "next: {match: wrong, mismatch: user}", "weak-proof"},
	{"bridgekeeper", "tfa-validate.yaml", "use: totp.check\n    with:\n      userId: ${{ half.userId }}\n      code: ${{ input.code }}\n    next: {match: user, mismatch: recovery}", "use: log\n    with:\n      message: nobody has typed a code\n    next: {done: user, error: recovery}", "weak-proof"},
	{"bridgekeeper", "tfa-validate.yaml", "use: totp.check\n    with:\n      userId: ${{ half.userId }}", "use: totp.check\n    with:\n      userId: ${{ request.id }}", "unproved"},
	{"bridgekeeper", "tfa-validate.yaml", "      code: ${{ input.code }}\n    next: {match", "      code: ${{ half.userId }}\n    next: {match", "not-evidence"},
	{"bridgekeeper", "tfa-enable.yaml", "next: {mismatch: wrong}", "next: {mismatch: opened, error: wrong}", "weak-proof"},
	{"bridgekeeper", "tfa-enable.yaml", "    reveal: [app.recoveryCodes]\n", "", "secret-leak"},
	{"bridgekeeper", "tfa-enable.yaml", "message: The second factor is set up.", "message: ${{ opened.token }}", "token-in-body"},
	{"bridgekeeper", "tfa-qr-code.yaml", "userId: ${{ half.userId }}", "userId: ${{ input.challenge }}", "unproved"},
	{"bridgekeeper", "tfa-qr-code.yaml", "reveal: [app.qr, app.secret, app.uri]", "reveal: [app.qr, app.uri]", "secret-leak"},
	{"bridgekeeper", "tfa-setup.yaml", "next: {mismatch: wrong}", "next: {mismatch: begun, error: wrong}", "weak-proof"},
	{"bridgekeeper", "tfa-setup.yaml", "use: password.check\n    with:\n      userId: ${{ session.userId }}\n      password: ${{ input.password }}\n    next: {mismatch: wrong}",
		"use: log\n    with:\n      message: nobody has typed the password\n    next: {error: wrong}", "weak-proof"},
	{"bridgekeeper", "tfa-disable.yaml", "next: {mismatch: wrong}", "next: {mismatch: gone, error: wrong}", "weak-proof"},
	{"bridgekeeper", "tfa-disable.yaml", "use: totp.disable\n    with:\n      userId: ${{ session.userId }}", "use: totp.disable\n    with:\n      userId: ${{ input.code }}", "unproved"},

	// the code of another client, and one that is for anybody.
	{"bridgekeeper", "oauth-token-post.yaml", "audience: ${{ client.id }}", "audience: ${{ input.clientId }}", "untrusted"},
	{"bridgekeeper", "oauth-token-post.yaml", "      audience: ${{ client.id }}\n", "", "missing-field"},
	{"bridgekeeper", "oauth-token-post.yaml", "userId: ${{ grant.userId }}", "userId: ${{ input.clientId }}", "unproved"},
	{"bridgekeeper", "oauth-token-post.yaml", "    reveal: [opened.token]\n", "", "secret-leak"},
	{"bridgekeeper", "oauth-token.yaml", "    trust: [request.host, input.mark]  # another host's code, or another browser's, is not good here\n", "", "untrusted"},
	{"bridgekeeper", "oauth-token.yaml", "      audience: ${{ request.host + ' ' + input.mark }}\n", "", "missing-field"},
	{"bridgekeeper", "oauth-token.yaml", "to: ${{ after.url }}", "to: ${{ input.callbackUri }}", "untrusted"},
	{"bridgekeeper", "oauth-token.yaml", "to: ${{ after.url }}", "to: ${{ after.url }}\n      query: {token: \"${{ opened.token }}\"}", "token-in-redirect"},
	{"bridgekeeper", "sso-go.yaml", "      audience: ${{ input.audience }}\n", "", "missing-field"},
	{"bridgekeeper", "sso-go.yaml", "userId: ${{ input.userId }}\n      purpose", "userId: ${{ input.audience }}\n      purpose", "credential-unproved"},
	{"bridgekeeper", "sso-client.yaml", "redirectUri: ${{ client.redirectUri }}\n      after", "redirectUri: ${{ input.redirectUri }}\n      after", "untrusted"},
	{"bridgekeeper", "sso-client.yaml", "after: ${{ after.url }}", "after: ${{ input.callbackUri }}", "untrusted"},
	{"bridgekeeper", "oauth-authorize.yaml", "next: {absent: signIn}", "next: {absent: go}", "not-in-reach"},
	{"bridgekeeper", "oauth-authorize.yaml", "userId: ${{ caller.userId }}", "userId: ${{ input.clientId }}", "credential-unproved"},
	{"bridgekeeper", "oauth-start.yaml", "to: ${{ params.authUrl + '/api/auth/v1/oauth/authorize' }}", "to: ${{ input.redirectUri }}", "untrusted"},
	{"bridgekeeper", "auto-sso-start.yaml", "to: ${{ params.authUrl + '/api/auth/v1/oauth/auto-sso/authorize' }}", "to: ${{ input.callbackUri }}", "untrusted"},
	{"bridgekeeper", "auto-sso.yaml", "next: {absent: back}", "next: {absent: go}", "not-in-reach"},
	{"bridgekeeper", "auto-sso.yaml", "to: ${{ site.after }}", "to: ${{ input.callbackUri }}", "untrusted"},
	{"bridgekeeper", "sso-sign-in.yaml", "to: ${{ params.authenticationUrl + input.query }}", "to: ${{ input.state ?? '/' }}", "untrusted"},
	{"bridgekeeper", "sso-start.yaml", "to: ${{ input.to }}", "to: ${{ request.path }}", "untrusted"},
	{"bridgekeeper", "by-ticket.yaml", "      audience: ${{ request.host }}\n", "", "missing-field"},
	{"bridgekeeper", "by-ticket.yaml", "next: {invalid: failed}", "next: {invalid: user}", "not-in-reach"},
	{"bridgekeeper", "access-token.yaml", "next: {failed: invalid}", "next: {failed: opened}", "not-in-reach"},
	{"bridgekeeper", "access-token.yaml", "to: ${{ target.url }}", "to: ${{ input.redirectUrl ?? '/' }}", "untrusted"},
	{"bridgekeeper", "signed-in-at.yaml", "userId: ${{ input.userId }}\n    next", "userId: ${{ input.to }}\n    next", "unproved"},
	{"bridgekeeper", "signed-in-at.yaml", "to: ${{ target.url }}", "to: ${{ request.path }}", "untrusted"},
	{"bridgekeeper", "hand-over.yaml", "      audience: ${{ input.host }}\n", "", "missing-field"},
	{"bridgekeeper", "hand-over.yaml", "userId: ${{ input.userId }}", "userId: ${{ input.url }}", "credential-unproved"},
	{"bridgekeeper", "second-factor-at.yaml", "code: \"${{ half.enrolled ? 'tfa-validation-is-required' : 'tfa-setup-is-required' }}\"", "code: ${{ half.token }}", "secret-leak"},
}

// handsOutNothing are flows that decide and hand out nothing: they answer with what they are
// given, or refuse.
var handsOutNothing = map[string][]string{
	"altogic":      {"invalid-code.yaml", "order.yaml", "order-changed.yaml", "order-made.yaml", "taken.yaml", "weak-password.yaml", "without-session.yaml"},
	"bridgekeeper": {"rejected.yaml", "user-exists.yaml", "wrong-code.yaml"},
}

// Of every flow of the bundles there is an unsafe variant, and none is so long that
// nobody reads it.
func TestBundlesAreCovered(t *testing.T) {
	for bundle, safe := range handsOutNothing {
		files, err := filepath.Glob(filepath.Join("../examples", bundle, "*.yaml"))
		if err != nil || len(files) < 20 {
			t.Fatalf("got %d files of %s, %v", len(files), bundle, err)
		}
		for _, path := range files {
			name := filepath.Base(path)
			if name == "app.yaml" {
				continue
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(source, []byte("\n")); n > 45 {
				t.Errorf("%s/%s has %d lines, want 45 at most: let a sub-flow do a part", bundle, name, n)
			}
			varied := slices.ContainsFunc(carelessly, func(c careless) bool { return c.bundle == bundle && c.file == name })
			if varied == slices.Contains(safe, name) {
				t.Errorf("%s/%s: got an unsafe variant %t, want it there, or the flow among those that hand out nothing", bundle, name, varied)
			}
		}
	}
}
