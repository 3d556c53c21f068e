package cmd

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// loaders is how many connections ask at a time.
const loaders = 16

// load asks the same thing again and again.
type load struct {
	request *request
	running sync.WaitGroup
	ok      atomic.Int64 // answers of 2xx
	revoked atomic.Bool  // from now on nothing may succeed
	late    atomic.Int64 // answers of 2xx to requests that began after that
	after   atomic.Int64 // other answers to those
	stop    atomic.Bool
	err     atomic.Pointer[error]
}

// loadCommand is "load [-H field]… METHOD path", which begins to ask without
// pause over 16 connections, all of which succeed; "load revoked", from which on
// every request that begins must fail; and "load end", which has waited for some
// hundred of those.
func loadCommand(ts *testscript.TestScript, neg bool, args []string) {
	state := stateOf(ts)
	switch strings.Join(args, " ") {
	case "revoked":
		state.load.revoked.Store(true)
	case "end":
		l := state.load
		for l.after.Load()+l.late.Load() < 20*loaders && l.err.Load() == nil {
			state.server.alive(ts)
		}
		l.stop.Store(true)
		l.running.Wait()
		if err := l.err.Load(); err != nil {
			ts.Check(*err)
		}
		if late := l.late.Load(); late > 0 {
			ts.Fatalf("%d requests succeeded that began after the end", late)
		}
	default:
		l := &load{request: parseRequest(ts, args)}
		state.load = l
		for range loaders {
			l.running.Go(l.run)
		}
		for l.ok.Load() < 10*loaders && l.err.Load() == nil {
			state.server.alive(ts)
		}
	}
}

// alive lets some time pass, and fails the script if the server is gone.
func (s *server) alive(ts *testscript.TestScript) {
	select {
	case <-s.ended:
		ts.Fatalf("the server has ended")
	case <-time.After(time.Millisecond):
	}
}

func (l *load) run() {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: patience}
	defer client.CloseIdleConnections()
	for !l.stop.Load() {
		revoked := l.revoked.Load()
		a, err := l.request.sendBy(client)
		if err != nil {
			l.err.Store(&err)
			return
		}
		succeeded := strings.HasPrefix(a.printed, "2")
		switch {
		case revoked && succeeded:
			l.late.Add(1)
		case revoked:
			l.after.Add(1)
		case succeeded:
			l.ok.Add(1)
		}
	}
}
