package metrics

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	m := New()
	signIn, nowhere := m.Route("POST", "/sign-in"), m.Route("", "")
	signIn.Answered(200, 30*time.Millisecond)
	signIn.Answered(401, 40*time.Millisecond)
	m.Route("POST", "/sign-in").Answered(200, time.Millisecond) // as after a reload
	nowhere.Answered(404, time.Microsecond)
	m.Reloaded(true)
	m.Reloaded(false)

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`latchwork_requests_total{method="POST",route="/sign-in",status="200"} 2`,
		`latchwork_requests_total{method="POST",route="/sign-in",status="401"} 1`,
		`latchwork_requests_total{method="",route="",status="404"} 1`,
		`latchwork_request_duration_seconds_count{method="POST",route="/sign-in"} 3`,
		`latchwork_request_duration_seconds_bucket{method="POST",route="/sign-in",le="0.025"} 1`,
		`latchwork_flow_loads_total{ok="false"} 1`,
		`latchwork_flow_loads_total{ok="true"} 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(string(body), "\n"+want) {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
}

func BenchmarkAnswered(b *testing.B) {
	r := New().Route("POST", "/sign-in")
	b.ReportAllocs()
	for b.Loop() {
		r.Answered(200, time.Millisecond)
	}
}
