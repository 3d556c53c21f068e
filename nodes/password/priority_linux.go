package password

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// ownPriority says that a thread can have a priority of its own.
const ownPriority = true

// lowerPriority binds the calling goroutine to its thread and lowers the
// thread's priority by nice. The thread ends with the goroutine, which must not
// unlock it: nothing else may run at that priority.
func lowerPriority(nice int) {
	runtime.LockOSThread()
	// On Linux, unlike POSIX, a nice value belongs to a thread. Lowering one's own
	// priority is always allowed, unless a sandbox forbids the call.
	thread := unix.Gettid()
	if now, err := threadNice(thread); err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, thread, min(now+nice, 19))
	}
}

// threadNice is the nice value of a thread, -20 to 19.
func threadNice(thread int) (int, error) {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, thread)
	return 20 - raw, err // the system call shifts the value to be above zero
}
