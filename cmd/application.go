package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/runtime"
)

// application is the folder of an application, read to be served or administered.
type application struct {
	dir      string
	dev      bool
	config   *runtime.Config
	database string // path of the SQLite file

	listen, admin string // instead of the addresses of app.yaml; "" for those

	// What load has found in app.yaml: changed sections that count from the next start, and
	// the servers that flows may call.
	later    []string
	outbound outbound.Reach
}

// override puts the addresses that flags name in the place of those of app.yaml.
func (a *application) override(c *runtime.Config) {
	if a.listen != "" {
		c.Server.Listen = a.listen
	}
	if a.admin != "" {
		c.Server.Admin = a.admin
	}
}

// devFolder holds what serve --dev makes in the folder of an application.
const devFolder = ".latchwork"

// errNoConfig says that a folder has no app.yaml.
var errNoConfig = errors.New("there is no " + runtime.ConfigFile)

// openApplication reads the configuration of a folder, secrets included. With
// dev the folder needs none, and state is kept in a database of its own, so that
// trying things out never touches the application's.
//
// Problems of the configuration are printed; the error is errProblems then.
func (p *program) openApplication(dir string, dev bool) (*application, error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	a := &application{dir: dir, dev: dev}
	file := filepath.Join(dir, runtime.ConfigFile)
	src, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && dev:
		a.config = runtime.DefaultConfig()
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w in %s; --dev does without one, and latchwork init makes one", errNoConfig, dir)
	case err != nil:
		return nil, err
	default:
		var diags flows.Diagnostics
		if a.config, diags = runtime.ReadConfig(filepath.ToSlash(file), src, runtime.FindSecrets(dir)); len(diags) > 0 {
			fmt.Fprintln(p.stderr, diags)
			return nil, errProblems
		}
	}
	switch {
	case dev:
		a.database = filepath.Join(dir, devFolder, "dev.db")
	case filepath.IsAbs(a.config.Store.SQLite):
		a.database = a.config.Store.SQLite
	default:
		a.database = filepath.Join(dir, a.config.Store.SQLite)
	}
	return a, nil
}

// isFolder is an error where there is no folder of this name.
func isFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: errors.New("not a folder")}
	}
	return err
}

// prepareDatabase makes the folder of the database that serve --dev has, which
// keeps itself out of version control. Another folder must be there: a slip in its
// name would otherwise begin an empty database, without any user.
func (a *application) prepareDatabase() error {
	folder := filepath.Dir(a.database)
	if !a.dev {
		_, err := os.Stat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no folder %s for the database; make it, or set store.sqlite in %s", folder, runtime.ConfigFile)
		}
		if info, err := os.Stat(a.database); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("the database is a file, and %s is none; set store.sqlite in %s", a.database, runtime.ConfigFile)
		}
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, ".gitignore"), []byte("*\n"), 0o600)
}
