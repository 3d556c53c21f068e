package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
)

// checkResult is what check --json prints.
type checkResult struct {
	Problems []problemJSON `json:"problems"`
	Audit    []auditJSON   `json:"audit,omitempty"` // with --audit, where there are no problems
}

// placeJSON is a place in a file. Line and column start at 1, columns count
// characters, and both are left out where a problem has no place.
type placeJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type problemJSON struct {
	placeJSON
	Code    string `json:"code"` // stable
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

type auditJSON struct {
	placeJSON
	Flow string `json:"flow"`
	Kind string `json:"kind"` // endpoint, proof, reveal, trust, allow, crossSite, redirect or outbound
	Text string `json:"text"`
}

func (p *program) checkCommand() *cobra.Command {
	var asJSON, audit bool
	c := &cobra.Command{
		Use:   "check [path…]",
		Short: "Prove that flows are safe to serve, or say what is wrong",
		Long: `check reads applications and reports all problems at once. A path is the folder
of an application, or a file in one: the folder of the file, or the nearest one
above it that has an app.yaml. Without a path it checks the current folder.

With --audit it lists what each endpoint requires, what each proof rests on, and
every door that is open on purpose: reveal, trust, allow, crossSite, targets of
redirects and outbound calls.

--json prints {"problems": [{file, line, column, code, message, hint}],
"audit": [{file, line, column, flow, kind, text}]}.`,
		RunE: func(_ *cobra.Command, paths []string) error { return p.check(paths, asJSON, audit) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&audit, "audit", false, "list what endpoints require and which doors are open on purpose")
	return c
}

func (p *program) check(paths []string, asJSON, audit bool) error {
	dirs, err := applications(paths)
	if err != nil {
		return err
	}
	var diags flows.Diagnostics
	var entries []engine.AuditEntry
	files, endpoints := 0, 0
	for _, dir := range dirs {
		config, set, problems := runtime.Load(dir, nil)
		if len(set) == 0 && len(problems) == 0 && !hasConfig(dir) {
			return fmt.Errorf("there is no application in %s: neither flows nor %s", dir, runtime.ConfigFile)
		}
		c, err := p.compiler(standard.Deps{})
		if err != nil {
			return err
		}
		bundle, problems := runtime.Compile(c, config.App(), set, problems)
		diags = append(diags, problems...)
		files += len(set)
		if bundle != nil {
			entries = append(entries, bundle.Audit...)
			endpoints += len(bundle.Programs)
		}
	}
	diags.Sort()
	if !audit {
		entries = nil
	}
	switch {
	case asJSON:
		err = p.printJSON(checkResult{jsonProblems(diags), jsonAudit(entries)})
	case len(diags) > 0:
		_, err = fmt.Fprintf(p.stdout, "%v\n%s\n", diags, count(len(diags), "problem"))
	default:
		for _, e := range entries {
			fmt.Fprintf(p.stdout, "%s: %s: %s\n", e.Pos, e.Kind, e.Text)
		}
		_, err = fmt.Fprintf(p.stdout, "%s with %s: no problems\n", count(files, "flow"), count(endpoints, "endpoint"))
	}
	if err == nil && len(diags) > 0 {
		err = errProblems
	}
	return err
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// applications are the folders of the applications that paths stand for, each
// once.
func applications(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var dirs []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		dir := path
		if !info.IsDir() {
			dir = applicationOf(path)
		}
		if dir = filepath.Clean(dir); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// applicationOf is the folder of the application that a file belongs to.
func applicationOf(file string) string {
	own := filepath.Dir(file)
	for dir := own; ; dir = filepath.Join(dir, "..") {
		if hasConfig(dir) {
			return dir
		}
		full, err := filepath.Abs(dir)
		if err != nil || filepath.Dir(full) == full {
			return own
		}
	}
}

func hasConfig(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, runtime.ConfigFile))
	return !errors.Is(err, fs.ErrNotExist)
}

func placeOf(pos flows.Pos) placeJSON { return placeJSON{pos.File, pos.Line, pos.Col} }

func jsonProblems(diags flows.Diagnostics) []problemJSON {
	list := make([]problemJSON, 0, len(diags))
	for _, d := range diags {
		list = append(list, problemJSON{placeOf(d.Pos), d.Code, d.Message, d.Hint})
	}
	return list
}

func jsonAudit(entries []engine.AuditEntry) []auditJSON {
	var list []auditJSON
	for _, e := range entries {
		list = append(list, auditJSON{placeOf(e.Pos), e.Flow, e.Kind, e.Text})
	}
	return list
}
