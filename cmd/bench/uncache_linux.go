package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// uncache has the system forget what it holds of a file, so that it is read as after a
// start of the machine. What the linker has just written lies in the system's memory in
// larger pieces than what is read, and a process counts a piece whole whatever it needs
// of it: 2 MiB more, on the machine that has built the program and until it starts anew.
func uncache(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
