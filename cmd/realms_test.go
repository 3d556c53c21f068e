package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/letter/lettertest"
	"github.com/latchwork/latchwork/runtime"
)

// postAt is post to a host of a realm.
func (a *testApp) postAt(host, path string, body any, header ...string) (int, string) {
	a.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequest("POST", a.url+path, bytes.NewReader(text))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	status, answer, err := send(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return status, string(answer)
}

const (
	mainHost = "auth.example.com"
	shopHost = "auth.shop.example"
)

// realmsApp has two realms, in each of which ada has an account with a verified address.
func realmsApp(t *testing.T, mainPort, shopPort int) *testApp {
	t.Helper()
	a := newTestApp(t, mailingConfig(mainPort)+fmt.Sprintf(`purposes: {sign-in: {class: signIn, lifetime: 10m}}
params: {team: Teapots}
realms:
  shop:
    hosts: [%s]
    mail: {from: shop@shop.example, smtp: {port: %d}}
    params: {team: Shopkeepers}
`, shopHost, shopPort))
	a.write("send-link.yaml", sendLink)
	a.write("use-link.yaml", useLink)
	a.write("send-code.yaml", sendCode)
	a.write("use-code.yaml", useCode)
	a.write("sign-in.mail.txt", "Subject: Sign in\n\n{{.ReturnTo}}?token={{.Token}} within {{.Minutes}} minutes\nThe {{.Params.team}} at {{.PublicURL}}\n")
	a.write("code.mail.txt", "Subject: Your code\n\n{{.Code}} within {{.Minutes}} minutes\nThe {{.Params.team}}\n")
	if err := os.MkdirAll(filepath.Join(a.dir, "realms", "shop"), 0o700); err != nil {
		t.Fatal(err)
	}
	a.write("realms/shop/code.mail.txt", "Subject: Welcome back to the shop\n\n{{.Code}} within {{.Minutes}} minutes\nYour {{.Params.team}}\n")
	for _, realm := range []string{"main", "shop"} {
		a.run(`{"email":"ada@example.com","emailVerified":true}`+"\n", "user", "import", "-", "--realm", realm)
	}
	return a
}

// textOf is a mail as it is read, with its sender.
func textOf(t *testing.T, m lettertest.Mail) string {
	t.Helper()
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(m.Data)))
	if err != nil {
		t.Fatal(err)
	}
	return m.From + "\n" + string(text)
}

func wantMail(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got\n%s\nwant %q", text, part)
		}
	}
}

// letters of a realm are its own: sender, server, text, parameters and links. What
// stands in them is good there, and nowhere else.
func TestLettersOfRealms_R59(t *testing.T) {
	mainSink, shopSink := &lettertest.Server{}, &lettertest.Server{}
	mainSink.Start(t, "none")
	shopSink.Start(t, "none")
	a := realmsApp(t, mainSink.Port, shopSink.Port)
	a.start()

	for _, host := range []string{mainHost, shopHost} {
		if status, answer := a.postAt(host, "/send-link", map[string]string{"email": "ada@example.com"}); status != http.StatusAccepted {
			t.Fatalf("send-link: got %d %s", status, answer)
		}
	}
	mainText, shopText := textOf(t, mainSink.Await(t, 1)[0]), textOf(t, shopSink.Await(t, 1)[0])
	wantMail(t, mainText, "no-reply@example.com\n", "The Teapots at https://auth.example.com\r\n")
	wantMail(t, shopText, "shop@shop.example\n", "The Shopkeepers at https://auth.shop.example\r\n")
	mainLink, shopLink := linkInMail.FindStringSubmatch(mainText), linkInMail.FindStringSubmatch(shopText)
	if mainLink == nil || shopLink == nil {
		t.Fatal("there is no link")
	}
	take := func(host, token string) (int, string) {
		return a.postAt(host, "/use-link", map[string]string{"token": token})
	}
	for _, crossed := range []struct{ host, token string }{{mainHost, shopLink[2]}, {shopHost, mainLink[2]}} {
		if status, answer := take(crossed.host, crossed.token); status != http.StatusUnauthorized || strings.Contains(answer, "lws_") {
			t.Errorf("a link of another realm at %s: got %d %s, want 401", crossed.host, status, answer)
		}
	}
	for _, own := range []struct{ host, token string }{{mainHost, mainLink[2]}, {shopHost, shopLink[2]}} {
		if status, answer := take(own.host, own.token); status != http.StatusOK {
			t.Errorf("a link at %s: got %d %s, want 200", own.host, status, answer)
		}
	}

	for _, host := range []string{mainHost, shopHost} {
		if status, answer := a.postAt(host, "/send-code", map[string]string{"email": "ada@example.com"}); status != http.StatusAccepted {
			t.Fatalf("send-code: got %d %s", status, answer)
		}
	}
	mainText, shopText = textOf(t, mainSink.Await(t, 2)[1]), textOf(t, shopSink.Await(t, 2)[1])
	wantMail(t, mainText, "Subject: Your code\r\n", "The Teapots")
	wantMail(t, shopText, "Subject: Welcome back to the shop\r\n", "Your Shopkeepers")
	mainCode, shopCode := codeInMail.FindStringSubmatch(mainText), codeInMail.FindStringSubmatch(shopText)
	if mainCode == nil || shopCode == nil {
		t.Fatal("there is no code")
	}
	use := func(host, code string) int {
		status, _ := a.postAt(host, "/use-code", map[string]string{"email": "ada@example.com", "code": code})
		return status
	}
	if mainCode[1] != shopCode[1] { // one in 900,000
		// five tries use a code up, in one realm.
		for range 5 {
			if got := use(shopHost, mainCode[1]); got != http.StatusUnauthorized {
				t.Errorf("a code of another realm: got %d, want 401", got)
			}
		}
		if got := use(shopHost, shopCode[1]); got != http.StatusUnauthorized {
			t.Errorf("after five tries: got %d, want 401", got)
		}
	}
	if got := use(mainHost, mainCode[1]); got != http.StatusOK {
		t.Errorf("in the realm where nobody has tried: got %d, want 200", got)
	}
	a.stop()
}

// where a request says that it goes makes no link.
func TestLinksOfForeignHosts_A39(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := realmsApp(t, sink.Port, sink.Port)
	a.start()
	for i, host := range []string{"evil.example", shopHost + ".evil.example", "SHOP.auth.shop.example"} {
		if status, answer := a.postAt(host, "/send-link", map[string]string{"email": "ada@example.com"}, "X-Forwarded-Host", "evil.example"); status != http.StatusAccepted {
			t.Fatalf("got %d %s", status, answer)
		}
		text := textOf(t, sink.Await(t, i+1)[i])
		wantMail(t, text, "The Teapots at https://auth.example.com\r\n")
		if strings.Contains(strings.ToLower(text), "evil") {
			t.Errorf("got\n%s", text)
		}
	}
	a.stop()
}

// Authenticator apps show the name of the realm.
func TestIssuerOfRealms(t *testing.T) {
	c, diags := runtime.ReadConfig("app.yaml", []byte("version: 1\nserver: {publicUrl: https://auth.example.com}\nrealms: {shop: {hosts: [auth.shop.example]}}\n"), nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	of := issuer(c)
	if main, shop := of("main"), of("shop"); main != mainHost || shop != shopHost {
		t.Errorf("got %s and %s", main, shop)
	}
}

// The templates of a realm are those of no other, by whatever name.
func TestTemplatesOfRealms_R59(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := realmsApp(t, sink.Port, sink.Port)
	a.write("send-code.yaml", strings.Replace(sendCode, "otp.send\n    with:\n      email: ${{ input.email }}\n      purpose: sign-in\n", "mail.send\n    with:\n      to: ${{ input.email }}\n      template: realms/shop/code\n", 1))
	s, err := os.ReadFile(filepath.Join(a.dir, "send-code.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	a.write("send-code.yaml", strings.Replace(string(s), "      cookies:\n        code:\n          value: ${{ code.binding }}\n          maxAge: 10m\n", "", 1))
	a.start()
	if status, answer := a.postAt(mainHost, "/send-code", map[string]string{"email": "ada@example.com"}); status != http.StatusAccepted {
		t.Fatalf("got %d %s", status, answer)
	}
	if status, answer := a.postAt(mainHost, "/send-link", map[string]string{"email": "ada@example.com"}); status != http.StatusAccepted {
		t.Fatalf("got %d %s", status, answer)
	}
	sink.Await(t, 1) // the link
	a.stop()
	for _, m := range sink.Mails() {
		if strings.Contains(m.Data, "shop") {
			t.Errorf("the realm main sent a letter of the shop:\n%s", m.Data)
		}
	}
}
