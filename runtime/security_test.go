package runtime_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSecurityPage checks that every promise of SECURITY.md with an id names
// tests, which are there, and which name the id: as R-01, or as R01 in the name of
// a test.
func TestSecurityPage(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	row := regexp.MustCompile("(?m)^\\| ([RA]-[0-9]{2}) \\| ([^|]+) \\| ((?:`[^`]+`(?:, )?)+) \\|$")
	tests := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		if tests[m[1]] != nil {
			t.Errorf("%s has two rows", m[1])
		}
		tests[m[1]] = strings.Split(strings.Trim(m[3], "`"), "`, `")
	}
	if rows := strings.Count(page[strings.Index(page, "\n## Where it is tested"):], "\n| ") - 1; rows != len(tests) {
		t.Errorf("got %d rows, of which %d can be read", rows, len(tests))
	}
	for _, id := range regexp.MustCompile(`\b[RA]-[0-9]{2}\b`).FindAllString(page, -1) {
		if tests[id] == nil {
			t.Errorf("%s is promised and has no row", id)
			tests[id] = []string{}
		}
	}
	for id, files := range tests {
		named := regexp.MustCompile(`\b` + id + `\b|_` + strings.Replace(id, "-", "", 1) + `(_|\b)`)
		for _, file := range files {
			source, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
			switch {
			case err != nil:
				t.Errorf("%s: %v", id, err)
			case !isTest(file):
				t.Errorf("%s: %s is no test", id, file)
			case !named.Match(source):
				t.Errorf("%s: %s does not name it", id, file)
			}
		}
	}
}

// TestFuzzTargetsPage checks that SECURITY.md lists every target that is fuzzed, and none
// besides.
func TestFuzzTargetsPage(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\| `(Fuzz[A-Za-z]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, m[1]+" "+m[2])
	}
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range target.FindAllStringSubmatch(string(source), -1) {
			want = append(want, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")+" "+m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	slices.Sort(want)
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("the targets of the table (-want +got):\n%s", diff)
	}
}

// isTest reports whether go test runs a file: a test, a script, or a suite that
// stores pass.
func isTest(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".txtar") || strings.HasSuffix(filepath.Dir(file), "test")
}
