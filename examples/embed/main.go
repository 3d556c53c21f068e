// Command embed is a Go program of its own that serves Latchwork flows below
// /auth/, next to what else it serves.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/latchwork/latchwork/cmd"
)

func main() {
	dir := flag.String("app", "examples/embed/app", "folder of the application")
	listen := flag.String("listen", "127.0.0.1:8080", "address to serve on")
	flag.Parse()
	if err := run(*dir, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(dir, listen string) error {
	auth, err := cmd.Open(context.Background(), dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	defer auth.Close()
	// Whichever of them ends the program, Close runs.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: listen, Handler: routes(auth), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Shutdown(context.Background())
	}
}

// routes mounts the flows in a program's own routes.
func routes(auth http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", auth)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "My own page; sign-in is at /auth/sign-in.")
	})
	return mux
}
