package flows_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// samples are whole flow files.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir("testdata/flows", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[filepath.ToSlash(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 {
		t.Fatalf("got %d sample flows, want at least 40", len(files))
	}
	return files
}

// The drafts are older than the rule that reserves view.
var knownProblems = map[string]string{
	"testdata/flows/drafts/bridgekeeper/me.yaml":     "19:9",
	"testdata/flows/drafts/bridgekeeper/signup.yaml": "47:9",
	"testdata/flows/drafts/sub/altogic-user.yaml":    "7:9",
	"testdata/flows/drafts/sub/bk-user.yaml":         "7:9",
}

func TestParseSamples(t *testing.T) {
	for path, src := range samples(t) {
		flow, diags := flows.Parse(path, src)
		var got []string
		for _, d := range diags {
			got = append(got, d.String())
		}
		var want []string
		if place, known := knownProblems[path]; known {
			want = []string{path + ":" + place + `: "view" is the name of something else in expressions [reserved-name]`}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", path, diff)
		}
		if !flow.Name.IsSet() || len(flow.Nodes) == 0 {
			t.Errorf("%s: got flow %q with %d nodes, want a name and nodes", path, flow.Name.Text, len(flow.Nodes))
		}
	}
}
