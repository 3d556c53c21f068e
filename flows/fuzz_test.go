package flows

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// seed adds the sample flows, the mistakes, and texts that tread on the odd
// corners of YAML.
func seed(f *testing.F) {
	f.Helper()
	err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(filepath.ToSlash(path), "testdata/fuzz") {
			return err
		}
		src, err := os.ReadFile(path)
		for part := range bytes.SplitSeq(src, []byte("\n=>\n")) {
			f.Add(part)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, src := range []string{
		"", "\n", "\ufeffa: b", "\xff", "a: \x00", "a: b\r\nc: |\r\n  d\r\n\r\n  e\r\n", "a: >\n\n  b\n   c\n\n  d\n",
		"a: |2-\n    b\n   c\n", "a: |+\n\n  b\n\n\n", "a: \"b\\\n   c\\n\\u00e4\\U0001F600 d\n\n  e\"\n", "a: 'b\n\n  c''d'\n",
		"? a\n: b\n", "? [a]\n: b\n", "a: b\n\n c\n  d #e\n", "- - - a\n", "- a: |\n   b\n- >-\n c\n", "---\na: b\n...\n", "%YAML 1.1\n---\na\n",
		"a: [b, {c: d, e}, ]\n", "{a: b, ? c : d}\n", "a:\n- b\n-\n- c:\n", "!!map {a: b}\n", "&a b: *a\n", "a: ${{ '}}' + `}}` /* }} */ }}\n", "a: \"\\L\\P\\N\\_\"\n",
		"a: \"${{ b }}\" \n  c", "with: {a: \"${{ b }}\", c: [\"${{ d }}\"]}\n", "a: - b\n", "a: 1e3\nb: -0\nc: 0x1F\nd: .5\n",
	} {
		f.Add([]byte(src))
	}
}

// FuzzParse reads any bytes as a flow. Nothing may panic, every problem has a
// place in the text, and every text can be traced to where it was written.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		flow, diags := Parse("f.yaml", src)
		if flow == nil && len(diags) == 0 {
			t.Fatal("got neither a flow nor a problem, want one of them")
		}
		s := newSource("f.yaml", src)
		for i, d := range diags {
			if d.Code == "" || d.Message == "" || d.Pos.Line < 1 || d.Pos.Line > len(s.lines) || d.Pos.Col < 1 ||
				d.Pos.Col > utf8.RuneCountInString(s.line(d.Pos.Line))+1 {
				t.Errorf("got problem %q, want a place in the text, a code and a message", d)
			}
			if i > 0 && d == diags[i-1] {
				t.Errorf("got problem %q twice", d)
			}
		}
		r := newReader("f.yaml", src)
		root := r.read()
		if root == nil {
			return
		}
		root.each(func(v *Value) {
			if v.Kind != String || r.bad[v] {
				return
			}
			start := s.start(v.Pos)
			if _, ok := traceScalar(s.text, start, s.styleAt(start), v.Text); !ok {
				t.Errorf("%v: the text %q was not found in the source", v.Pos, v.Text)
			}
			checkParts(t, s, v)
		})
	})
}

// checkParts holds the parts of a text against the source.
func checkParts(t *testing.T, s *source, v *Value) {
	whole := ""
	for _, p := range v.Parts {
		if p.IsExpr && p.Expr == "" || !p.IsExpr && p.Literal == "" {
			t.Errorf("%v: got an empty part", p.Pos)
		}
		if at := s.start(p.Pos); p.IsExpr && s.styleAt(s.start(v.Pos)) == plain && !strings.HasPrefix(s.text[at:], firstLine(p.Expr)) {
			t.Errorf("%v: got %q in the source, want %q", p.Pos, s.text[at:], p.Expr)
		}
		whole += p.Literal + p.Expr
	}
	if v.Parts != nil && len(whole) > len(v.Text) {
		t.Errorf("%v: got parts %q of the text %q", v.Pos, whole, v.Text)
	}
}

// firstLine is the beginning of an expression that stands in the source as it
// is: YAML folds line breaks and the blanks around them to one blank.
func firstLine(expr string) string {
	word, _, _ := strings.Cut(expr, " ")
	word, _, _ = strings.Cut(word, "\n")
	return word
}

// FuzzFormat formats any bytes. What they say stays the same, comments stay, and
// formatting again changes nothing.
func FuzzFormat(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		before, diags := ParseValue("f.yaml", src)
		got, formatDiags := Format("f.yaml", src)
		if !slices.Equal(diags, formatDiags) {
			t.Fatalf("got problems %v, want %v", formatDiags, diags)
		}
		if len(diags) > 0 {
			if !bytes.Equal(got, src) {
				t.Errorf("got %q, want %q as it was", got, src)
			}
			return
		}
		after, diags := ParseValue("f.yaml", got)
		if len(diags) > 0 || !before.same(after) {
			t.Fatalf("got %q with problems %v, which does not say what %q says", got, diags, src)
		}
		if want := bytes.Count(src, []byte("#")); bytes.Count(got, []byte("#")) != want {
			t.Errorf("got %q, want the %d # of %q", got, want, src)
		}
		if again, _ := Format("f.yaml", got); !bytes.Equal(again, got) {
			t.Errorf("got %q the second time, want %q as the first time, from %q", again, got, src)
		}
	})
}

// FuzzEdit makes one edit in any text. The result says what was asked for and
// the text around the edit is as it was; or nothing has changed at all.
func FuzzEdit(f *testing.F) {
	paths := []string{"nodes[0].with.email", "nodes[1]", "nodes", "a", "a[0]", "a.b", `a["b c"].d`, "version", "nodes[0].next.error", "c"}
	texts := []string{"x", "${{ a.b }}", "${{ a ? b : c }}", "two\n  lines\n", "", "no", "a: b", "#", "'", "\"", "ä\t\u2028", " x ", "- x", "|", "1"}
	for _, src := range []string{"nodes:\n  - id: a\n    with: {email: b} # c\n  # d\n\n  - id: e\n", "a: {b: c, d: e}\nc:\n", "a: [b, c]\r\nc: 'x'\r\n", "a:\n- b\n\n- c # d\nc: |\n  x\n", "\ufeffversion: 1"} {
		for how := range byte(8) {
			f.Add([]byte(src), how, how, how)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, how, where, what byte) {
		file, diags := NewFile("f.yaml", src)
		if len(diags) > 0 {
			return
		}
		path, text := paths[int(where)%len(paths)], texts[int(what)%len(texts)]
		var err error
		switch how % 8 {
		case 0, 1:
			err = file.Set(path, text)
		case 2:
			err = file.Set(path, map[string]any{"k": text, "l": []any{text, 1}, "with": map[string]any{"m": nil}})
		case 3:
			err = file.Remove(path)
		case 4:
			err = file.Insert(path, int(what)%3, text)
		case 5:
			err = file.Insert(path, int(what)%3, map[string]any{"id": text, "b": text})
		case 6:
			err = file.SetEdge(text, "found", text)
		case 7:
			err = file.Replace(Change{Pos: Pos{Line: int(where), Col: int(what)}, Old: text, New: "y"})
		}
		if err != nil {
			if !bytes.Equal(file.Bytes(), src) {
				t.Fatalf("got %q after error %v, want %q unchanged", file.Bytes(), err, src)
			}
			return
		}
		if how%8 < 2 {
			steps, _ := parsePath(path)
			passed, left := file.root.walk(steps)
			if len(left) > 0 || passed[len(passed)-1].Text != text {
				t.Fatalf("set %s to %q: got %q", path, text, file.Bytes())
			}
		}
		if _, diags := ParseValue("f.yaml", file.Bytes()); len(diags) > 0 {
			t.Fatalf("got %q with problems %v, want none", file.Bytes(), diags)
		}
	})
}
