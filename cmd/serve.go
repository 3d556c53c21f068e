package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/metrics"
	"github.com/latchwork/latchwork/runtime/openapi"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	dev     bool
	listen  string // instead of server.listen; "" for that
	admin   string // instead of server.admin
	logs    string // "json" or "text"; "" means text with dev, else json
	verbose bool
}

func (p *program) serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve [folder]",
		Short: "Serve the flows of an application",
		Long: `serve answers requests to the flows in a folder, the current one if none is
named, as its app.yaml says. It refuses to start with a configuration that is not
safe and with flows that do not load, and stops on SIGINT and SIGTERM when the
runs under way have finished; a second one ends it at once. On SIGHUP it reads the
flows anew, and of app.yaml what flows can see: params, secrets, purposes, proofs,
views and errors, and which servers they may call, outbound. The other sections count from the next start; those that were
changed are named.

With --dev the folder needs no app.yaml. State is kept in .latchwork/dev.db, the
API key named dev is replaced and printed together with lines that call every
endpoint, and flows are served anew when they change. A change that does not load
is reported, and what was served before stays.`,
		Args: between(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.logs != "" && o.logs != "json" && o.logs != "text" {
				return usage("--log is json or text, not %q", o.logs)
			}
			for _, flag := range []struct{ name, address string }{{"listen", o.listen}, {"admin", o.admin}} {
				if flag.address != "" && !runtime.IsAddress(flag.address) {
					return usage("--%s takes host:port, such as 127.0.0.1:8080, not %q", flag.name, flag.address)
				}
			}
			ctx, stop := untilSignal(c.Context())
			defer stop()
			return p.serve(ctx, folder(args), o)
		},
	}
	c.Flags().BoolVar(&o.dev, "dev", false, "for development: no app.yaml is needed, and flows are served anew when they change")
	c.Flags().StringVar(&o.listen, "listen", "", "address of the public side, instead of server.listen")
	c.Flags().StringVar(&o.admin, "admin", "", "address of administration, instead of server.admin")
	c.Flags().StringVar(&o.logs, "log", "", "form of the log: json or text (default json, with --dev text)")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "log every request, as --dev does, not only what went wrong and what happens to credentials")
	return c
}

// untilSignal ends a context with the first signal to stop. A second one ends the
// process at once, as the first does of commands that do not serve.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	sent := make(chan os.Signal, 1)
	signal.Notify(sent, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer stop()
		select {
		case <-sent:
		case <-ctx.Done():
		}
		signal.Stop(sent) // before ctx ends: who sees that it stops can end it at once
	}()
	return ctx, stop
}

// folder is the folder that a command is given, or the current one.
func folder(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func (p *program) serve(ctx context.Context, dir string, o serveOptions) error {
	a, err := p.openApplication(dir, o.dev)
	if err != nil {
		return err
	}
	a.listen, a.admin = o.listen, o.admin
	a.override(a.config)
	// Flags are held to the same rules as the file.
	if diags := a.config.Check(); len(diags) > 0 {
		fmt.Fprintln(p.stderr, diags)
		return errProblems
	}
	log := p.logger(o)
	b, err := openBackend(ctx, a, log)
	if err != nil {
		return describe(err)
	}
	defer b.pool.RaiseProcs()()
	b.deliver()
	return errors.Join(p.serveBackend(ctx, a, b, log), b.close())
}

func (p *program) logger(o serveOptions) *slog.Logger {
	level := slog.LevelInfo
	if o.verbose || o.dev {
		level = slog.LevelDebug
	}
	return runtime.NewLogger(p.stderr, level, o.logs == "json" || o.logs == "" && !o.dev)
}

// serveBackend serves until ctx ends. No run is under way when it returns.
func (p *program) serveBackend(ctx context.Context, a *application, b *backend, log *slog.Logger) error {
	server, loaded, err := p.server(a, b, log)
	if err != nil {
		return err
	}
	again, err := newReloader(a)
	if err != nil {
		return err
	}
	var diags flows.Diagnostics
	loading(func() { diags = server.Reload() })
	if len(diags) > 0 {
		fmt.Fprintln(p.stderr, diags)
		if !a.dev {
			return errProblems
		}
		fmt.Fprintln(p.stderr, "latchwork: nothing is served until these are mended")
	}
	ls, err := listen(a, b.db.Path())
	if err != nil {
		return err
	}
	defer ls.close()
	ctx, stop := context.WithCancel(ctx)
	var reloading sync.WaitGroup
	defer func() {
		stop()
		reloading.Wait()
	}()

	base := "http://" + reachable(ls.public.Addr())
	shown := func() {}
	if a.dev {
		dev, err := p.develop(ctx, a, b, loaded.set, base)
		if err != nil {
			return err
		}
		shown = func() { dev.introduce(loaded.set) }
	}
	if len(diags) == 0 {
		shown()
	}
	if ls.admin != nil {
		fmt.Fprintf(p.stderr, "latchwork: administration on http://%s\n", reachable(ls.admin.Addr()))
		if a.dev {
			fmt.Fprintf(p.stderr, "latchwork: the endpoints, explained: http://%s/openapi\n", reachable(ls.admin.Addr()))
		}
	}
	if a.dev && len(diags) == 0 && loaded.flows == 0 {
		p.noteNoFlows(a.dir)
	}
	fmt.Fprintf(p.stderr, "latchwork: serving on %s\n", base)
	reloading.Go(func() {
		debug.FreeOSMemory()
		again.run(ctx, log, func() {
			loading(func() { diags = server.Reload() })
			if len(diags) > 0 {
				fmt.Fprintf(p.stderr, "%v\nlatchwork: what was served before stays\n", diags)
				return
			}
			shown()
			fmt.Fprintf(p.stderr, "latchwork: reloaded, %s\n", count(loaded.flows, "flow"))
			p.printLater(a.later)
			debug.FreeOSMemory()
		})
	})
	return ls.serve(ctx, server)
}

// noteNoFlows says that a folder has no flows, and what makes some there.
func (p *program) noteNoFlows(dir string) {
	note := "latchwork: there are no flows in " + dir + " yet"
	if !hasConfig(dir) {
		note += "; make some with: latchwork init " + dir
	}
	fmt.Fprintln(p.stderr, note)
}

// loaded is what a server has read last.
type loaded struct {
	flows int           // how many
	set   []*flows.Flow // in development only: nobody else asks for it again
}

// server makes the server of an application. It has no flows yet.
func (p *program) server(a *application, b *backend, log *slog.Logger) (*runtime.Server, *loaded, error) {
	compiler, err := p.compiler(b.deps)
	if err != nil {
		return nil, nil, err
	}
	compiler.Observer = &runtime.Events{Logger: log, Steps: standard.Events(), Refusals: standard.Guards()}
	meter := metrics.New()
	last := &loaded{}
	pages := map[string]http.Handler{"GET /metrics": meter.Handler()}
	server := runtime.New(runtime.Deps{
		Config:   a.config,
		Compiler: compiler,
		Load: func() (*engine.App, []*flows.Flow, flows.Diagnostics) {
			app, set, diags := a.load(b)
			if last.flows = len(set); a.dev {
				last.set = set
			}
			return app, set, diags
		},
		Loaded:     func() { b.listed.Set(a.outbound) },
		Logger:     log,
		Meter:      meter,
		Ready:      b.db.Check,
		Admin:      b.admin(),
		AdminPages: pages,
	})
	maps.Copy(pages, openapi.Pages(func() *openapi.Document {
		return openapi.New(titleOf(a.dir), a.config, server.Programs())
	}))
	return server, last, nil
}
