package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

// App is an application that another Go program serves as one of its handlers,
// below server.basePath of its app.yaml.
type App struct {
	server  *runtime.Server
	backend *backend
	restore func()
}

var _ http.Handler = (*App)(nil)

// Open reads the application in a folder and opens its stores, with these node
// types besides the standard ones. A nil log drops what is logged. The error is
// flows.Diagnostics where flows or app.yaml have problems. The caller closes the
// App when no request is under way any more.
func Open(ctx context.Context, dir string, log *slog.Logger, types ...engine.NodeType) (*App, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var problems bytes.Buffer
	p := &program{stdout: io.Discard, stderr: &problems, types: types}
	a, err := p.openApplication(dir, false)
	if errors.Is(err, errProblems) {
		return nil, errors.New(problems.String())
	}
	if err != nil {
		return nil, err
	}
	b, err := openBackend(ctx, a, log)
	if err != nil {
		return nil, describe(err)
	}
	server, _, err := p.server(a, b, log)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	if diags := server.Reload(); len(diags) > 0 {
		return nil, errors.Join(diags, b.close())
	}
	b.deliver()
	return &App{server: server, backend: b, restore: b.pool.RaiseProcs()}, nil
}

// ServeHTTP answers a request to one of the flows.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.ServeHTTP(w, r) }

// Reload reads the flows anew, and what they see of app.yaml. With problems, what was
// served before stays.
func (a *App) Reload() flows.Diagnostics { return a.server.Reload() }

// Close writes down what is held in memory and gives the database free.
func (a *App) Close() error {
	a.restore()
	return a.backend.close()
}
