package cmd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/provider"
)

// acme is a provider of OAuth 2 for the examples, at which everybody is the user of the last
// code. The lines are those of app.yaml.
func acme(t *testing.T) (lines string) {
	t.Helper()
	user := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code := r.PostFormValue("code"); code != "" {
			user = code
		}
		fmt.Fprintf(w, `{"access_token": "x", "id": %q}`, user)
	}))
	t.Cleanup(server.Close)
	return fmt.Sprintf("providers: {acme: {clientId: app, authorizeUrl: %[1]q, tokenUrl: %[1]q, userinfoUrl: %[1]q}}\n", server.URL)
}

// goToProvider begins a sign-in by the example of provider.start, and gives what comes back,
// with the user's address for a code.
func (x *examples) goToProvider(t *testing.T, i int, u exampleUser, in map[string]string) {
	t.Helper()
	w := x.answer(i, "/examples/provider.start", in)
	at, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("got %d %s, error %v, want a redirect", w.Code, w.Body, err)
	}
	for _, c := range w.Result().Cookies() {
		if strings.HasPrefix(c.Value, provider.BindingPrefix) {
			in["binding"] = c.Value
		}
	}
	in["state"], in["code"], in["iss"] = at.Query().Get("state"), u.email, at.Scheme+"://"+at.Host
}
