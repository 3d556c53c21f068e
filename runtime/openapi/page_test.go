package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/openapi"
)

// The page needs nothing from elsewhere and runs nothing, and what flows say is text
// on it.
func TestPage(t *testing.T) {
	source := strings.Replace(application, "Shows a team. There", "Shows <script>a</script> team. There", 1)
	config, set := read(t, txtar.Parse([]byte(source)))
	bundle, diags := runtime.Compile(compiler(t), config.App(), set, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	mux := http.NewServeMux()
	for pattern, page := range openapi.Pages(func() *openapi.Document { return openapi.New("app", config, bundle.Programs) }) {
		mux.Handle(pattern, page)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/openapi", nil))
	body := w.Body.String()
	if policy := w.Header().Get("Content-Security-Policy"); w.Code != 200 || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("got %d with the policy %q", w.Code, policy)
	}
	for _, want := range []string{
		"<code>GET /teams/{team}</code></a></td><td>API key with the scope teams, session in the group staff or owners</td>",
		"Requires nothing.",
		"<td><code>password</code></td><td>body</td><td>string (password)</td><td>yes</td>",
		"Shows &lt;script&gt;",
		"<td>cookie <code>__Host-session</code></td>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("got a page without %q:\n%s", want, body)
		}
	}
	for _, foreign := range []string{"<script", "src=", "<link", "@import", "url("} {
		if strings.Contains(body, foreign) {
			t.Errorf("got a page with %q", foreign)
		}
	}
}
