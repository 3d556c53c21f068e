package runtime

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

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
	for _, name := range names {
		file := path.Join(filepath.ToSlash(dir), name)
		src, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			diags = append(diags, unreadable(file, err)...)
			continue
		}
		flow, problems := flows.Parse(file, src)
		diags = append(diags, problems...)
		if flow != nil {
			set = append(set, flow)
		}
	}
	diags.Sort()
	return set, diags
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
