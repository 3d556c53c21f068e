package standard_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestCodes checks that the corpora show every code that a diagnostic of flows,
// engine and node types can have, so that none changes unseen. The codes are read from the
// sources, so that a new one is missed at once.
func TestCodes(t *testing.T) {
	codes := map[string]string{} // code → a place of it
	for _, dir := range []string{"flows", "engine", "nodes/outbound"} {
		sourceCodes(t, filepath.Join("..", "..", dir), codes)
	}
	if len(codes) < 80 {
		t.Errorf("got %d codes in the sources, want all", len(codes))
	}
	shown := map[string]bool{}
	for _, dir := range []string{"mistakes", "unsafe"} {
		for _, c := range readCorpus(t, dir) {
			for _, m := range printedCode.FindAllSubmatch(c.want(), -1) {
				shown[string(m[1])] = true
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if !shown[code] {
			t.Errorf("%s: no file of the corpora shows the code %s", codes[code], code)
		}
	}
	for code := range shown {
		if codes[code] == "" {
			t.Errorf("the corpora show the code %s, which is not in the sources", code)
		}
	}
}

var printedCode = regexp.MustCompile(`(?m)^\S+: .* \[([a-z0-9-]+)\]$`)

// want is what check prints, as the file has it.
func (c corpusFile) want() []byte {
	i := slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		return nil
	}
	return c.Files[i].Data
}

// reporters are the functions that take a code as their second argument.
var reporters = []string{"report", "refuse", "Add", "find", "findValue"}

// carriers are the structs that have a code in a field of that name.
var carriers = []string{"Diagnostic", "problem", "finding", "Mistake"}

// sourceCodes reads the codes that the Go files of a folder report.
func sourceCodes(t *testing.T, dir string, codes map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	positions := token.NewFileSet()
	for _, entry := range entries {
		if !isSource(entry) {
			continue
		}
		file, err := parser.ParseFile(positions, filepath.Join(dir, entry.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, literal := range codeIn(n) {
				if code, err := strconv.Unquote(literal.Value); err == nil {
					codes[code] = positions.Position(literal.Pos()).String()
				}
			}
			return true
		})
	}
}

func isSource(entry fs.DirEntry) bool {
	return strings.HasSuffix(entry.Name(), ".go") && !strings.HasSuffix(entry.Name(), "_test.go")
}

// codeIn are the literals in a call or a struct that stand where its code does.
func codeIn(n ast.Node) []*ast.BasicLit {
	var found []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if name := nameOf(n.Fun); slices.Contains(reporters, name) && len(n.Args) > 2 {
			found = append(found, n.Args[1])
		}
	case *ast.CompositeLit:
		if !slices.Contains(carriers, nameOf(n.Type)) {
			return nil
		}
		for i, element := range n.Elts {
			switch e := element.(type) {
			case *ast.KeyValueExpr:
				if key := nameOf(e.Key); key == "Code" || key == "code" {
					found = append(found, e.Value)
				}
			default:
				// Without names, the code is the first text that is one word.
				if i < 2 {
					found = append(found, e)
				}
			}
		}
	}
	var literals []*ast.BasicLit
	for _, e := range found {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING && code.MatchString(l.Value) {
			literals = append(literals, l)
		}
	}
	return literals
}

var code = regexp.MustCompile(`^"[a-z0-9]+(-[a-z0-9]+)*"$`)

func nameOf(n ast.Expr) string {
	switch n := n.(type) {
	case *ast.Ident:
		return n.Name
	case *ast.SelectorExpr:
		return n.Sel.Name
	}
	return ""
}
