package runtime

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

// TestCompile checks that all problems are told at once, and none that only
// follows from another.
func TestCompile(t *testing.T) {
	const (
		typo    = "version: 1\nflow: typo\nendpoints:\n  - {method: GET, path: /typo, require: none}\nnodes:\n  - id: ok\n    use: respnd\n"
		cut     = "version: 1\nflow: cut\nnodes:\n  - id: ok\n    use: return\n    wiht: {a: 1}\n"
		user    = "version: 1\nflow: user\nendpoints:\n  - {method: GET, path: /u, require: none}\nnodes:\n  - id: sub\n    use: flow.cut\n    next: {nothing: sub}\n"
		userOf2 = "version: 1\nflow: userOfUser\nnodes:\n  - id: sub\n    use: flow.user\n"
		params  = "version: 1\nflow: params\nendpoints:\n  - {method: GET, path: /p, require: none}\nnodes:\n  - id: a\n    use: set\n    with:\n      a: ${{ params.a }}\n      s: ${{ secrets.s }}\n"
	)
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"two files", map[string]string{"typo.yaml": typo, "app.yaml": "version: 1\nsesion: {}\n"}, []string{"app.yaml unknown-key", "typo.yaml unknown-type"}},
		{"users of a broken flow", map[string]string{"cut.yaml": cut, "user.yaml": user, "user2.yaml": userOf2, "typo.yaml": typo}, []string{"cut.yaml unknown-key", "typo.yaml unknown-type"}},
		{"broken app.yaml", map[string]string{"params.yaml": params, "app.yaml": "version: [1\n"}, []string{"app.yaml unclosed-bracket"}},
		{"secret that is missing", map[string]string{"params.yaml": params, "app.yaml": "version: 1\nparams: {a: 1}\nsecrets: {s: {envv: X}}\n"}, []string{"app.yaml unknown-key", "params.yaml no-answer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				writeFile(t, dir, name, text)
			}
			config, set, diags := Load(dir, nil)
			bundle, diags := Compile(&engine.Compiler{Types: &engine.Registry{}}, config.App(), set, diags)
			if bundle != nil {
				t.Error("got a bundle, want none")
			}
			var got []string
			for _, d := range diags {
				file, err := filepath.Rel(dir, d.Pos.File)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, file+" "+d.Code)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A compiler that breaks ends nothing: what was served before stays.
func TestCompileBroken(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "f.yaml", "version: 1\nflow: f\nendpoints:\n  - {method: GET, path: /f, require: none}\nnodes:\n  - id: ok\n    use: respond\n")
	config, set, diags := Load(dir, nil)
	bundle, diags := Compile(&engine.Compiler{}, config.App(), set, diags) // it has no types
	if bundle != nil || len(diags) != 1 || diags[0].Code != "internal-error" {
		t.Errorf("got %v, want an internal error", diags)
	}
}
