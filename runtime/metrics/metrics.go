// Package metrics counts what a server does, in the text format of Prometheus.
// It does not know what is counted besides requests and loads of flows.
package metrics

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/latchwork/latchwork/runtime"
)

// buckets are upper bounds of durations in seconds: what needs no password is
// done in less than a millisecond, a password takes some ten.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// Meter counts requests and loads of flows. It is safe for concurrent use.
type Meter struct {
	requests, duration, reloads, loaded family
}

var _ runtime.Meter = (*Meter)(nil)

// family is the series of one name.
type family struct {
	name, kind, help string
	series           *metrics.Set
}

// New makes a Meter that also reports on the process.
func New() *Meter {
	return &Meter{
		requests: family{"latchwork_requests_total", "counter",
			"Requests by endpoint and status; an empty route is that of requests which no endpoint takes.", metrics.NewSet()},
		duration: family{"latchwork_request_duration_seconds", "histogram",
			"Time from a request's header to its answer.", metrics.NewSet()},
		reloads: family{"latchwork_flow_loads_total", "counter",
			"Loads of the flows, by whether they were served then.", metrics.NewSet()},
		loaded: family{"latchwork_flows_loaded_timestamp_seconds", "gauge",
			"When the flows that are served were loaded.", metrics.NewSet()},
	}
}

// contentType is that of the text format, as Prometheus asks for it.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Handler answers scrapes.
func (m *Meter) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for _, f := range []*family{&m.requests, &m.duration, &m.reloads, &m.loaded} {
			f.write(w)
		}
		metrics.WriteProcessMetrics(w)
	})
}

func (f *family) write(w io.Writer) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
	f.series.WritePrometheus(w)
}

// named is the name of a series, with its labels.
func (f *family) named(labels ...string) string {
	name, separator := f.name, "{"
	for i := 0; i < len(labels); i += 2 {
		name += separator + labels[i] + "=" + strconv.Quote(labels[i+1])
		separator = ","
	}
	if len(labels) > 0 {
		name += "}"
	}
	return name
}

// Reloaded counts a load of the flows.
func (m *Meter) Reloaded(ok bool) {
	m.reloads.series.GetOrCreateCounter(m.reloads.named("ok", strconv.FormatBool(ok))).Inc()
	if ok {
		m.loaded.series.GetOrCreateGauge(m.loaded.named(), nil).Set(float64(time.Now().Unix()))
	}
}

// Route is the recorder of an endpoint. The series are looked up here, once,
// rather than at each request.
func (m *Meter) Route(method, path string) runtime.Recorder {
	series := m.duration.named("method", method, "route", path)
	return &recorder{
		meter: m, method: method, path: path,
		duration: m.duration.series.GetOrCreatePrometheusHistogramExt(series, buckets),
	}
}

// recorder counts the answers of one route. The counters of statuses are looked
// up when they are first needed: most routes answer by few of them.
type recorder struct {
	meter        *Meter
	method, path string
	duration     *metrics.PrometheusHistogram
	counters     atomic.Pointer[map[int]*metrics.Counter]
}

// Answered counts one answer.
func (r *recorder) Answered(status int, took time.Duration) {
	r.counter(status).Inc()
	r.duration.Update(took.Seconds())
}

func (r *recorder) counter(status int) *metrics.Counter {
	var known map[int]*metrics.Counter
	if m := r.counters.Load(); m != nil {
		known = *m
	}
	c := known[status]
	if c == nil {
		requests := &r.meter.requests
		c = requests.series.GetOrCreateCounter(requests.named("method", r.method, "route", r.path, "status", strconv.Itoa(status)))
		more := map[int]*metrics.Counter{status: c}
		maps.Copy(more, known)
		r.counters.Store(&more) // one that is lost to another goroutine is looked up again
	}
	return c
}
