package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"github.com/latchwork/latchwork/runtime"
)

// listeners are the addresses of a server: the public one, and those of
// administration.
type listeners struct {
	public net.Listener
	admin  net.Listener // nil for none
	socket net.Listener // beside the database, for the command line
}

// listen opens all addresses of an application, or none.
func listen(a *application, database string) (_ *listeners, err error) {
	ls := &listeners{} // no result, which a return sets to nil before it is closed
	defer func() {
		if err != nil {
			ls.close()
		}
	}()
	s := a.config.Server
	if ls.public, err = listenTCP(s.Listen, "listen"); err != nil {
		return nil, err
	}
	if s.Admin != "" {
		ls.admin, err = listenTCP(s.Admin, "admin")
		if errors.Is(err, syscall.EADDRINUSE) && a.dev {
			// Several applications may be under development at a time.
			ls.admin, err = listenTCP("127.0.0.1:0", "admin")
		}
		if err != nil {
			return nil, err
		}
	}
	ls.socket, err = runtime.ListenSocket(database + socketSuffix)
	return ls, err
}

func listenTCP(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use already; name a free address with --%s (%w)", address, flag, err)
	}
	return l, err
}

// close closes what is open. What was served is closed already.
func (ls *listeners) close() {
	for _, l := range []net.Listener{ls.public, ls.admin, ls.socket} {
		if l != nil {
			l.Close()
		}
	}
}

// serve serves all addresses until ctx ends or one of them fails, and returns
// when no run is under way.
func (ls *listeners) serve(ctx context.Context, s *runtime.Server) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	var errs [3]error
	for i, serve := range []func() error{
		func() error { return s.Serve(ctx, ls.public) },
		func() error { return s.ServeAdmin(ctx, ls.socket) },
		func() error {
			if ls.admin == nil {
				return nil
			}
			return s.ServeAdmin(ctx, ls.admin)
		},
	} {
		running.Go(func() {
			if errs[i] = serve(); errs[i] != nil {
				stop()
			}
		})
	}
	running.Wait()
	return errors.Join(errs[:]...)
}

// reachable is a host and port by which this machine reaches an address.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return addr.String()
}
