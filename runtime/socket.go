package runtime

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// ListenSocket listens on a Unix socket that only the owner of the process can
// connect to. A file that is there already is replaced: the caller holds the
// lock of the database beside it, so no other server listens on it. Closing the
// listener removes the file.
func ListenSocket(path string) (net.Listener, error) {
	// The socket is made in a folder that nobody else can enter, so that there is
	// no moment at which it is open to others.
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return nil, fmt.Errorf("runtime: make a folder for the socket: %w", err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("runtime: listen on a socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("runtime: put the socket in its place: %w", err)
	}
	return &socketListener{UnixListener: l, path: path}, nil
}

// socketListener removes the file of its socket when it is closed.
type socketListener struct {
	*net.UnixListener
	path   string
	remove sync.Once // a later Close must not remove the socket of another server
}

// Close stops listening.
func (l *socketListener) Close() error {
	err := l.UnixListener.Close()
	l.remove.Do(func() { err = errors.Join(err, os.Remove(l.path)) })
	return err
}
