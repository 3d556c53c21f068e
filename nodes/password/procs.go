package password

import (
	"runtime"
	"sync"
	"time"
)

// RaiseProcs lets the pool raise GOMAXPROCS by the number of its workers while
// it has work, and returns a function that ends that and puts it back. The host
// calls it once, if at all, since it changes the whole process:
//
//   - Without it Go runs no more goroutines at a time than there are
//     processors, whatever the priority of their threads, so that while all
//     workers hash everything else waits for Go's own scheduler, up to 10 ms a
//     turn. With it the operating system decides, and it knows the priorities.
//   - Go also sizes its garbage collector and its caches by GOMAXPROCS, and has
//     more threads looking for work, which costs a short request a quarter more
//     processor time. So it is raised for as long as there is work only, and
//     for a second longer, since each change stops everything for a moment.
//   - Go stops following changes of the processors that the process may use.
//
// Where workers have no priority of their own it does nothing.
func (p *Pool) RaiseProcs() (restore func()) {
	if !ownPriority {
		return func() {}
	}
	p.procs.allow(p.workers)
	return p.procs.forbid
}

// lowerAfter is how long a pool must be without work for GOMAXPROCS to go back.
const lowerAfter = time.Second

// procs raises GOMAXPROCS while there is work. The zero value does not.
type procs struct {
	mu     sync.Mutex
	by     int // 0 while it must not
	before int // GOMAXPROCS as it was; 0 while it is not raised
	lower  *time.Timer
}

func (p *procs) allow(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by = by
}

func (p *procs) forbid() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by = 0
	p.back()
}

// busy says that there is work. It is called by whoever brings it, never by a
// worker: at its priority the moment in which everything stops could be long.
func (p *procs) busy() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lower != nil {
		p.lower.Stop()
		p.lower = nil
	}
	if p.by > 0 && p.before == 0 {
		p.before = runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(p.before + p.by)
	}
}

// idle says that there is no work left.
func (p *procs) idle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before == 0 {
		return
	}
	var own *time.Timer
	own = time.AfterFunc(lowerAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.lower == own { // no work has come meanwhile
			p.back()
		}
	})
	p.lower = own
}

// back puts GOMAXPROCS back.
func (p *procs) back() {
	if p.before > 0 {
		runtime.GOMAXPROCS(p.before)
	}
	p.before, p.lower = 0, nil
}
