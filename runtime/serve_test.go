package runtime

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// pipeListener takes connections that exist in memory only, so that their time
// is that of the test.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{make(chan net.Conn), make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (l *pipeListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- server
	return client
}

// serving serves fake programs on a listener until stop is called.
func serving(t *testing.T, programs ...program) (l *pipeListener, stop func() error) {
	s := serverOf(t, "", programs...)
	l = newPipeListener()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return l, func() error { cancel(); return <-done }
}

// TestSlowClients_R64 shows that no client can hold a connection for long.
func TestSlowClients_R64(t *testing.T) {
	tests := []struct {
		name, sent string
		longest    time.Duration
	}{
		{"nothing", "", headerTimeout},
		{"part of a header", "GET /x HTTP/1.1\r\nHost: a\r\nX-", headerTimeout},
		{"part of a body", "POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", readTimeout},
		{"nothing more", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", idleTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, stop := serving(t, answers("GET", "/x"), readsBody(false))
				c := l.dial()
				if _, err := io.WriteString(c, tt.sent); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if _, err := io.Copy(io.Discard, c); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took > tt.longest+time.Second {
					t.Errorf("the connection is closed after %v, want %v at most", took, tt.longest)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestSlowReader_R64 shows that a client that does not take its answer loses
// the connection.
func TestSlowReader_R64(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := serving(t, fakeProgram{
			endpoint: engine.Endpoint{Method: "GET", Path: "/x"},
			run: func(_ context.Context, _ *engine.Request, a *engine.Answer) {
				a.Body = append(a.Body, strings.Repeat("x", 1<<20)...)
			},
		})
		c := l.dial()
		if _, err := io.WriteString(c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute) // of the bubble: it takes no time
		if n, _ := io.Copy(io.Discard, c); n >= 1<<20 {
			t.Errorf("got %d bytes after ten minutes", n)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestLargeHeader_R64(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := serving(t, answers("GET", "/x"))
		c := l.dial()
		go io.WriteString(c, "GET /x HTTP/1.1\r\nHost: a\r\nX-A: "+strings.Repeat("x", 2*maxHeader)+"\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != 431 {
			t.Errorf("got %v, %v, want 431", res, err)
		}
		c.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestGracefulStop lets a run under way finish, and takes no new ones.
func TestGracefulStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := serving(t, fakeProgram{
			endpoint: engine.Endpoint{Method: "GET", Path: "/x"},
			run: func(ctx context.Context, _ *engine.Request, a *engine.Answer) {
				select {
				case <-time.After(8 * time.Second):
					a.Body = append(a.Body, "finished"...)
				case <-ctx.Done():
				}
			},
		})
		c := l.dial()
		if _, err := io.WriteString(c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stopped := make(chan error)
		go func() { stopped <- stop() }()
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(res); got != "finished" {
			t.Errorf("got %q, want finished", got)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// TestStopCancelsRuns shows that a run that takes too long is told to stop, and
// that Serve returns only after it.
func TestStopCancelsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended bool
		s := serverOf(t, "server: {timeout: 1h}", fakeProgram{
			endpoint: engine.Endpoint{Method: "GET", Path: "/x"},
			run: func(ctx context.Context, _ *engine.Request, _ *engine.Answer) {
				<-ctx.Done()
				ended = true
			},
		})
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		c := l.dial()
		go io.Copy(io.Discard, c)
		if _, err := io.WriteString(c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		start := time.Now()
		if err := <-done; err != nil || !ended {
			t.Errorf("got %v, run ended: %v", err, ended)
		}
		if took := time.Since(start); took < drainTimeout || took > drainTimeout+abortTimeout {
			t.Errorf("it took %v", took)
		}
		c.Close()
	})
}

func TestServeReportsItsListener(t *testing.T) {
	s := serverOf(t, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want an error of the listener", err)
	}
}

// TestRunTimeout shows that a run is told when its time is over.
func TestRunTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serverOf(t, "server: {timeout: 3s}", fakeProgram{
			endpoint: engine.Endpoint{Method: "GET", Path: "/x"},
			run: func(ctx context.Context, _ *engine.Request, a *engine.Answer) {
				<-ctx.Done()
				a.Status = 504
			},
		})
		start := time.Now()
		if res := send(s, "GET", "/x", ""); res.StatusCode != 504 || time.Since(start) != 3*time.Second {
			t.Errorf("got %d after %v, want 504 after 3s", res.StatusCode, time.Since(start))
		}
	})
}
