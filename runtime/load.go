package runtime

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/latchwork/latchwork/flows"
)

// ConfigFile is the name of the file that configures an application.
const ConfigFile = "app.yaml"

// Load reads an application from its folder: app.yaml, where there is one, and
// every flow. It reports all problems of all files at once; the configuration
// and the flows are then as far as they could be read, and good for editors
// only. Without find secrets are looked at by name only; see ReadConfig.
func Load(dir string, find SecretFinder) (*Config, []*flows.Flow, flows.Diagnostics) {
	config, diags := loadConfig(dir, find)
	set, more := LoadFlows(dir)
	diags = append(diags, more...)
	diags.Sort()
	return config, set, diags
}

func loadConfig(dir string, find SecretFinder) (*Config, flows.Diagnostics) {
	file := filepath.Join(dir, ConfigFile)
	src, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return DefaultConfig(), nil
	case err != nil:
		return DefaultConfig(), unreadable(file, err)
	}
	config, diags := ReadConfig(filepath.ToSlash(file), src, find)
	if config == nil {
		config = DefaultConfig()
	}
	return config, diags
}

// LoadFlows reads every flow in a folder and the folders in it.
func LoadFlows(dir string) ([]*flows.Flow, flows.Diagnostics) {
	names, err := flows.Find(os.DirFS(dir))
	if err != nil {
		return nil, unreadable(dir, err)
	}
	misnamed, err := flows.FindMisnamed(os.DirFS(dir))
	if err != nil {
		return nil, unreadable(dir, err)
	}
	var set []*flows.Flow
	var diags flows.Diagnostics
	for _, name := range misnamed {
		meant := strings.TrimSuffix(path.Base(name), ".yml") + ".yaml"
		diags.Add(flows.Pos{File: path.Join(filepath.ToSlash(dir), name)}, "misnamed-file", "only files whose names end in .yaml are read", "name it "+meant)
	}
	parsed := make([]parsedFlow, len(names))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(goruntime.GOMAXPROCS(0), len(names)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				parsed[i] = loadFlow(path.Join(filepath.ToSlash(dir), names[i]))
			}
		})
	}
	workers.Wait()
	for _, p := range parsed {
		diags = append(diags, p.diags...)
		if p.flow != nil {
			set = append(set, p.flow)
		}
	}
	diags.Sort()
	return set, diags
}

// parsedFlow is what is in a file.
type parsedFlow struct {
	flow  *flows.Flow
	diags flows.Diagnostics
}

func loadFlow(file string) parsedFlow {
	src, err := readRegular(filepath.FromSlash(file))
	if err != nil {
		return parsedFlow{diags: unreadable(file, err)}
	}
	flow, diags := flows.Parse(file, src)
	return parsedFlow{flow, diags}
}

// readRegular reads a file. One that is none, such as a named pipe, is an error: to
// read it could take for ever.
func readRegular(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	}
	return os.ReadFile(file)
}

// unreadable says that a file cannot be read. The reason is that of the
// operating system, without the path, which is the diagnostic's place.
func unreadable(file string, err error) flows.Diagnostics {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return flows.Diagnostics{{
		Pos:     flows.Pos{File: filepath.ToSlash(file)},
		Code:    "unreadable-file",
		Message: "the file cannot be read: " + err.Error(),
	}}
}
