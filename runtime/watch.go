package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Times of watching. Editors write a file in several steps, and tools change
// many files at once; the sum must stay well below the second within which an
// edit is served.
const (
	settle   = 50 * time.Millisecond  // without a change before changed is called
	longest  = 300 * time.Millisecond // from the first change, however many follow
	tryAgain = 300 * time.Millisecond // to watch a folder that is gone
)

// Watcher notices changes of an application's files.
type Watcher struct {
	notify  *fsnotify.Watcher
	root    string
	folders map[string]bool // that are watched
}

// Watch begins to watch a folder and the folders in it: whatever changes after
// its return is noticed by Run, which has to be called.
//
// Folders are watched rather than files, because editors put a new file in the
// place of the old one.
func Watch(dir string) (*Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("runtime: watch %s: %w", dir, err)
	}
	w := &Watcher{notify: notify, root: filepath.Clean(dir), folders: map[string]bool{}}
	if err := w.add(w.root); err != nil {
		notify.Close()
		return nil, fmt.Errorf("runtime: watch %s: %w", dir, err)
	}
	return w, nil
}

// Run calls changed after files were changed, made, renamed or removed, until
// ctx ends, and then stops watching. Changed is called on this goroutine, once
// for changes that lie close together.
func (w *Watcher) Run(ctx context.Context, changed func()) error {
	defer w.notify.Close()
	return w.run(ctx, changed)
}

// add watches a folder and those in it, but for hidden ones.
func (w *Watcher) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && path == w.root:
			return err
		case err != nil:
			return nil //nolint:nilerr // it was removed meanwhile
		case !entry.IsDir():
			return nil
		case path != w.root && isHidden(path):
			return fs.SkipDir
		}
		if err := w.notify.Add(path); err != nil {
			if path == w.root || !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}
		w.folders[path] = true
		return nil
	})
}

func isHidden(path string) bool { return strings.HasPrefix(filepath.Base(path), ".") }

func (w *Watcher) run(ctx context.Context, changed func()) error {
	var due <-chan time.Time  // when changed is called
	var lost <-chan time.Time // when a root that is gone is looked for
	var first time.Time
	mark := func() {
		if due == nil {
			first = time.Now()
		}
		due = time.After(max(0, min(settle, longest-time.Since(first))))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-w.notify.Events:
			if !ok {
				return nil
			}
			if w.concerns(event) {
				mark()
			}
			if event.Name == w.root && event.Has(fsnotify.Remove|fsnotify.Rename) {
				lost = time.After(tryAgain)
			}
		case err := <-w.notify.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("runtime: watch %s: %w", w.root, err)
			}
			// What was missed is not known, so everything counts as changed.
			if w.add(w.root) != nil {
				lost = time.After(tryAgain)
			}
			mark()
		case <-lost:
			lost = nil
			if w.add(w.root) != nil {
				lost = time.After(tryAgain)
				continue
			}
			mark()
		case <-due:
			due = nil
			changed()
		}
	}
}

// concerns reports whether an event is about an application's files, and watches
// folders that are new.
func (w *Watcher) concerns(event fsnotify.Event) bool {
	switch {
	case event.Op == fsnotify.Chmod || event.Name != w.root && isHidden(event.Name):
		return false
	case w.folders[event.Name] && event.Has(fsnotify.Remove|fsnotify.Rename):
		delete(w.folders, event.Name)
		// A folder that was renamed keeps its watch under the old name.
		_ = w.notify.Remove(event.Name)
		return true
	case event.Has(fsnotify.Create):
		before := len(w.folders)
		// It may be gone again; then there is nothing to watch.
		_ = w.add(event.Name)
		if len(w.folders) > before {
			return true
		}
	}
	switch filepath.Ext(event.Name) {
	case ".yaml", ".yml", ".html":
		return true
	}
	return false
}
