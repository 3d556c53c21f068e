// Package metrics counts what a server does, for Prometheus. It does not know
// what is counted besides requests and loads of flows.
package metrics

import (
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/latchwork/latchwork/runtime"
)

// buckets are upper bounds of durations in seconds: what needs no password is
// done in less than a millisecond, a password takes some ten.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// Meter counts requests and loads of flows. It is safe for concurrent use.
type Meter struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	reloads  *prometheus.CounterVec
	loaded   prometheus.Gauge
}

var _ runtime.Meter = (*Meter)(nil)

// New makes a Meter that also reports on the process.
func New() *Meter {
	m := &Meter{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchwork_requests_total",
			Help: "Requests by endpoint and status; an empty route is that of requests which no endpoint takes.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "latchwork_request_duration_seconds",
			Help:    "Time from a request's header to its answer.",
			Buckets: buckets,
		}, []string{"method", "route"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchwork_flow_loads_total",
			Help: "Loads of the flows, by whether they were served then.",
		}, []string{"ok"}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "latchwork_flows_loaded_timestamp_seconds",
			Help: "When the flows that are served were loaded.",
		}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.reloads, m.loaded,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers scrapes.
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Registerer is where others register what they count.
func (m *Meter) Registerer() prometheus.Registerer { return m.registry }

// Reloaded counts a load of the flows.
func (m *Meter) Reloaded(ok bool) {
	m.reloads.WithLabelValues(strconv.FormatBool(ok)).Inc()
	if ok {
		m.loaded.SetToCurrentTime()
	}
}

// Route is the recorder of an endpoint. The series are looked up here, once,
// rather than at each request.
func (m *Meter) Route(method, path string) runtime.Recorder {
	labels := prometheus.Labels{"method": method, "route": path}
	return &recorder{requests: m.requests.MustCurryWith(labels), duration: m.duration.With(labels)}
}

// recorder counts the answers of one route. The counters of statuses are looked
// up when they are first needed: most routes answer by few of them.
type recorder struct {
	requests *prometheus.CounterVec
	duration prometheus.Observer
	counters atomic.Pointer[map[int]prometheus.Counter]
}

// Answered counts one answer.
func (r *recorder) Answered(status int, took time.Duration) {
	r.counter(status).Inc()
	r.duration.Observe(took.Seconds())
}

func (r *recorder) counter(status int) prometheus.Counter {
	var known map[int]prometheus.Counter
	if m := r.counters.Load(); m != nil {
		known = *m
	}
	c := known[status]
	if c == nil {
		c = r.requests.WithLabelValues(strconv.Itoa(status))
		more := map[int]prometheus.Counter{status: c}
		maps.Copy(more, known)
		r.counters.Store(&more) // one that is lost to another goroutine is looked up again
	}
	return c
}
