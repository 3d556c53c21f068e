package cmd

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

// load reads what is served: the flows, and what app.yaml says that they can
// see. The rest of app.yaml counts from the next start.
func (a *application) load(b *backend) (*engine.App, []*flows.Flow, flows.Diagnostics) {
	config, set, diags := runtime.Load(a.dir, runtime.FindSecrets(a.dir))
	if err := b.pages.Reload(); err != nil {
		diags.Add(flows.Pos{File: a.dir}, "bad-template", err.Error(), "")
	}
	app := config.App()
	app.Cookies = a.config.App().Cookies
	return app, set, diags
}

// reload calls changed on every SIGHUP, and in development when a file has
// changed, until ctx ends.
func (p *program) reload(ctx context.Context, a *application, log *slog.Logger, changed func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	var watching sync.WaitGroup
	defer watching.Wait()
	edited := make(chan struct{})
	if a.dev {
		watching.Go(func() {
			err := runtime.Watch(ctx, a.dir, func() {
				select {
				case edited <- struct{}{}:
				case <-ctx.Done():
				}
			})
			if err != nil {
				log.Error("changes are no longer noticed", "error", err)
			}
		})
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		case <-edited:
		}
		changed()
	}
}
