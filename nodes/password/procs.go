package password

import "runtime"

// RaiseProcs raises GOMAXPROCS by the number of workers, and returns a function
// that puts it back. The host calls it once, if at all, since it changes the
// whole process:
//
//   - Without it Go runs no more goroutines at a time than there are
//     processors, whatever the priority of their threads, so that while all
//     workers hash everything else waits for Go's own scheduler, up to 10 ms a
//     turn. With it the operating system decides, and it knows the priorities.
//   - Go also sizes its garbage collector and its caches by GOMAXPROCS, and has
//     more threads looking for work.
//   - Go stops following changes of the processors that the process may use.
//
// Where workers have no priority of their own it does nothing.
func (p *Pool) RaiseProcs() (restore func()) {
	if !ownPriority {
		return func() {}
	}
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + p.workers)
	return func() { runtime.GOMAXPROCS(before) }
}
