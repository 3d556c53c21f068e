package flows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// A mistake is made in the flow at the top of its file. What it takes out (if
// nothing: the whole flow), what it puts in and what is then reported stand
// between lines with =>.
type mistake struct{ name, out, in, reported string }

var caseHead = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// mistakes reads a file of mistakes.
func mistakes(t testing.TB, path string) (base string, cases []mistake) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	heads := caseHead.FindAllStringSubmatchIndex(string(src), -1)
	for i, head := range heads {
		end := len(src)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		parts := strings.Split("\n"+string(src[head[1]:end]), "\n=>\n")
		if len(parts) != 3 {
			t.Fatalf("%s: %s: got %d parts, want 3", path, src[head[2]:head[3]], len(parts))
		}
		cases = append(cases, mistake{string(src[head[2]:head[3]]), strings.TrimPrefix(parts[0], "\n"), parts[1], parts[2]})
	}
	if len(cases) == 0 {
		t.Fatalf("%s: got no cases, want some", path)
	}
	return string(src[:heads[0][0]]), cases
}

// TestMistakes locks what is reported for one mistake at a time. UPDATE=1
// writes it anew; read the difference.
func TestMistakes(t *testing.T) {
	paths, err := filepath.Glob("testdata/mistakes/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %d files, error %v, want some", len(paths), err)
	}
	for _, path := range paths {
		base, cases := mistakes(t, path)
		if _, diags := flows.Parse("f.yaml", []byte(base)); len(diags) > 0 {
			t.Fatalf("%s: got\n%v\nwant no problems before a mistake is made", path, diags)
		}
		written := base
		for _, c := range cases {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txt")+"/"+c.name, func(t *testing.T) {
				src := c.in + "\n"
				if c.out != "" {
					if n := strings.Count(base, c.out+"\n") + strings.Count(base, c.out+" "); n != 1 {
						t.Fatalf("got %d places for %q, want 1", n, c.out)
					}
					if c.in == "" {
						c.out += "\n"
					}
					src = strings.Replace(base, c.out, c.in, 1)
					c.out = strings.TrimSuffix(c.out, "\n")
				}
				_, diags := flows.Parse("f.yaml", []byte(src))
				got := ""
				if len(diags) > 0 {
					got = diags.Error() + "\n"
				}
				written += "-- " + c.name + " --\n" + c.out + "\n=>\n" + c.in + "\n=>\n" + got
				if diff := cmp.Diff(c.reported, got); diff != "" && os.Getenv("UPDATE") == "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
				if got == "" {
					t.Error("got no problem, want one")
				}
			})
		}
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(written), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
