package password

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// niceOf reads the nice value of a thread from the kernel's table: the 19th
// field, counted after the name in parentheses, which may hold blanks.
func niceOf(t *testing.T, thread int) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", thread))
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	nice, err := strconv.Atoi(strings.Fields(fields)[16])
	if err != nil {
		t.Fatal(err)
	}
	return nice
}

func TestWorkersHaveLowPriority(t *testing.T) {
	runtime.LockOSThread()
	process := niceOf(t, unix.Gettid())
	runtime.UnlockOSThread()
	for _, tc := range []struct{ config, want int }{{0, process + 15}, {7, process + 7}, {19, 19}} {
		p := NewPool(PoolConfig{Workers: 1, Nice: tc.config})
		p.Start()
		var thread, nice, again int
		if err := p.Do(t.Context(), func() { thread = unix.Gettid(); nice = niceOf(t, thread) }); err != nil {
			t.Fatal(err)
		}
		if err := p.Do(t.Context(), func() { again = unix.Gettid() }); err != nil {
			t.Fatal(err)
		}
		p.Close()
		if want := min(tc.want, 19); nice != want {
			t.Errorf("Nice %d: got nice %d, want %d", tc.config, nice, want)
		}
		if again != thread {
			t.Errorf("a worker moved from thread %d to %d", thread, again)
		}
		// The thread ends with its worker: nothing else may run at its priority. Go
		// cannot end the first thread of a process, and parks it for good.
		if thread == os.Getpid() {
			continue
		}
		for begun := time.Now(); ; runtime.Gosched() {
			if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); os.IsNotExist(err) {
				break
			}
			if time.Since(begun) > 10*time.Second {
				t.Fatalf("thread %d is still there", thread)
			}
		}
	}
}

// All the work of a check is done on the thread that asks for it; on another
// one the priority of the workers would count for nothing.
func TestAHashStaysOnItsThread(t *testing.T) {
	a, err := NewArgon2id(Params{Threads: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Decoy(t.Context(), "correct horse"); err != nil { // has its memory from here on
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread, process := processorTime(t, unix.RUSAGE_THREAD), processorTime(t, unix.RUSAGE_SELF)
	for range 10 {
		if err := a.Decoy(t.Context(), "correct horse"); err != nil {
			t.Fatal(err)
		}
	}
	thread, process = processorTime(t, unix.RUSAGE_THREAD)-thread, processorTime(t, unix.RUSAGE_SELF)-process
	if thread < process/2 {
		t.Errorf("the thread worked %v of the %v of the process, want most of it", thread, process)
	}
}

func processorTime(t *testing.T, who int) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(who, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
