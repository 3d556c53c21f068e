// Package runtime is the host of flows: it reads app.yaml, serves programs over
// HTTP, maps requests and answers, defends browsers' sessions, and reloads flows
// while it serves. It knows neither which node types there are nor where state
// is kept: both are handed to it.
package runtime
