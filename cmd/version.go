package cmd

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/runtime/sqlite"
)

// versionInfo is what version --json prints.
type versionInfo struct {
	Version  string `json:"version"`            // of the module, or "devel"
	Revision string `json:"revision,omitempty"` // of the source, where the build knows it
	Go       string `json:"go"`
	Platform string `json:"platform"`
	SQLite   string `json:"sqlite"` // the driver
}

func (p *program) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			v := version()
			if asJSON {
				return p.printJSON(v)
			}
			_, err := fmt.Fprintln(p.stdout, v)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// String is the line that version prints.
func (v versionInfo) String() string {
	return fmt.Sprintf("latchwork %s %s %s sqlite:%s", v.Version, v.Go, v.Platform, v.SQLite)
}

func version() versionInfo {
	v := versionInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SQLite: sqlite.Driver}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := build.Main.Version; m != "" && m != "(devel)" {
		v.Version = m
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}

// printJSON writes a result for programs, indented for people.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
