package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
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
	err := b.pages.Reload()
	if len(diags) == 0 {
		err = errors.Join(err, b.letters.Reload(config.ParamsOf))
	}
	if err != nil {
		diags.Add(flows.Pos{File: a.dir}, "bad-template", err.Error(), "")
	}
	app := config.App()
	// What counts from the next start only is as it was.
	started := func(app *engine.App, realm string) {
		config := a.config.For(realm)
		app.Cookies, app.Credentials = config.Session.Cookie() != "", config.Credentials()
	}
	started(app, engine.MainRealm)
	for realm, own := range app.Realms {
		started(own, realm)
	}
	a.override(config)
	a.later, a.outbound = a.config.Later(config), config.Outbound
	return app, set, diags
}

// printLater says which edits of app.yaml a reload has not put into effect.
func (p *program) printLater(sections []string) {
	verb := "count"
	switch len(sections) {
	case 0:
		return
	case 1:
		verb = "counts"
	}
	fmt.Fprintf(p.stderr, "latchwork: %s: %s %s from the next start\n", runtime.ConfigFile, strings.Join(sections, ", "), verb)
}

// reloader says when flows are to be read anew: on SIGHUP, and in development
// when a file was changed.
type reloader struct {
	hangup chan os.Signal
	files  *runtime.Watcher // nil outside of development
}

// newReloader begins to notice: what comes after its return is not lost.
func newReloader(a *application) (*reloader, error) {
	r := &reloader{hangup: make(chan os.Signal, 1)}
	if a.dev {
		var err error
		if r.files, err = runtime.Watch(a.dir); err != nil {
			return nil, err
		}
	}
	signal.Notify(r.hangup, syscall.SIGHUP)
	return r, nil
}

// run calls changed until ctx ends.
func (r *reloader) run(ctx context.Context, log *slog.Logger, changed func()) {
	defer signal.Stop(r.hangup)
	edited := make(chan struct{})
	var watching sync.WaitGroup
	defer watching.Wait()
	if r.files != nil {
		watching.Go(func() {
			err := r.files.Run(ctx, func() {
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
		case <-r.hangup:
		case <-edited:
		}
		changed()
	}
}
