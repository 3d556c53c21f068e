package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds on what a client may take its time with, so that slow ones cannot hold
// connections and memory (OWASP ASVS 13.2.6, CWE-400).
const (
	headerTimeout = 5 * time.Second  // to send a request's header
	readTimeout   = 15 * time.Second // to send the whole request
	idleTimeout   = 90 * time.Second // between two requests of a connection
	writeMargin   = 15 * time.Second // to take the answer, beyond the time of reading and of the run
	maxHeader     = 16 << 10         // bytes of a request's header

	drainTimeout = 15 * time.Second // for runs under way, once the server has been told to stop
	abortTimeout = 3 * time.Second  // for runs whose context was cancelled after that
)

// Serve answers requests on a listener until ctx ends. It then takes no more,
// lets runs under way finish, and returns when none is left: stores may be
// closed then. It returns an error if the listener fails.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, s, s.refuse, s.host.timeout, s.deps.Logger, func() { s.closing.Store(true) })
}

// serve runs one HTTP server. Refuse answers what does not reach h, closing is
// called when it begins to stop.
func serve(ctx context.Context, l net.Listener, h http.Handler, refuse refuser, timeout time.Duration, log *slog.Logger, closing func()) error {
	base, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + timeout + writeMargin,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,

		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:                  func(net.Listener) context.Context { return base },
	}
	l = refuseBy(refuse, server, l)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("runtime: serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	closing()
	err := shutdown(server, drainTimeout)
	if err != nil {
		abort()
		err = shutdown(server, abortTimeout)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("runtime: requests on %s did not end in time: %w", l.Addr(), err), server.Close())
	}
	<-failed
	return err
}

// shutdown waits for the requests under way, for a time.
func shutdown(server *http.Server, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return server.Shutdown(ctx)
}
