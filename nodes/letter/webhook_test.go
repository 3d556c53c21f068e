package letter

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/outbound"
)

func webhook(url string) Webhook {
	return Webhook{Config: MessagesConfig{Webhook: url}, Client: outbound.Config{}.Client(outbound.Reach(nil).With(url))}
}

func TestWebhook(t *testing.T) {
	var got []string
	status := 204
	answer := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Content-Type"), " ", string(body)))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	defer s.Close()
	w := webhook(s.URL + "/send?key=canary")
	m := Message{Channel: ByMessage, To: "+4930123456", Text: "Your code is 1 < 2"}
	if err := w.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := `POST /send?key=canary application/json {"to":"+4930123456","text":"Your code is 1 \u003c 2"}`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, status = range []int{200, 301, 307, 400, 404, 429, 500} {
		got, answer = nil, ""
		if status != 301 && status != 307 {
			answer = strings.Repeat("x", 1<<20)
		}
		err := w.Send(t.Context(), m)
		if (err == nil) != (status == 200) || len(got) != 1 {
			t.Errorf("%d: got %v after %q", status, err, got)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%d: the error has the URL: %v", status, err)
		}
	}
}

func TestWebhookUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	err := webhook(s.URL+"/?key=canary").Send(t.Context(), Message{})
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want an error without the URL", err)
	}
	if err := webhook("http://sms.example.com/").Send(t.Context(), Message{}); err == nil {
		t.Error("A message goes out in the clear")
	}
}
