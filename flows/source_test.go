package flows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// What is no text for people is refused before YAML sees it.
func TestUnreadable(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "f.yaml:1:1: the file is empty [empty-document]\n\tbegin with version: 1"},
		{"comments only", "# nothing\n\n", "f.yaml:1:1: the file is empty [empty-document]\n\tbegin with version: 1"},
		{"too large", strings.Repeat("# 456789\n", 1<<20/9) + "# 456789", "f.yaml:1:1: a file is at most 1 MiB [file-too-large]\n\tsplit it into several flows"},
		{"not UTF-8", "a: \xe4\n", "f.yaml:1:4: the file is not UTF-8 [not-utf8]\n\tsave the file as UTF-8"},
		{"half a character", "a: ä\nb: \xc3", "f.yaml:2:4: the file is not UTF-8 [not-utf8]\n\tsave the file as UTF-8"},
		{"UTF-16", "\xff\xfea\x00", "f.yaml:1:1: the file is not UTF-8 [not-utf8]\n\tsave the file as UTF-8"},
		{"a surrogate", "a: \xed\xa0\x80", "f.yaml:1:4: the file is not UTF-8 [not-utf8]\n\tsave the file as UTF-8"},
		{"NUL", "a: b\x00c\n", "f.yaml:1:5: the character U+0000 may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\x00"},
		{"bell", "a: 'ä\x07'\n", "f.yaml:1:6: the character U+0007 may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\x07"},
		{"delete", "a: \x7f\n", "f.yaml:1:4: the character U+007F may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\x7F"},
		{"carriage return alone", "a: b\rc: d\n", "f.yaml:1:5: the character U+000D may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\r"},
		{"next line", "a: b\u0085c\n", "f.yaml:1:5: the character U+0085 may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\x85"},
		{"line separator", "a: b\u2028c\n", "f.yaml:1:5: the character U+2028 may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\u2028"},
		{"byte order mark within", "a: b\n\ufeffc: d\n", "f.yaml:2:1: the character U+FEFF may not stand in a file [control-character]\n\tremove it, or write it as an escape in double quotes: \\uFEFF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flow, diags := flows.Parse("f.yaml", []byte(c.src))
			if flow != nil {
				t.Errorf("got %+v, want no flow", flow)
			}
			if diff := cmp.Diff(c.want, diags.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if v, _ := flows.ParseValue("f.yaml", []byte(c.src)); v != nil {
				t.Errorf("got %+v, want no value", v)
			}
		})
	}
}

func TestLargestFile(t *testing.T) {
	src := strings.Repeat("# 456789\n", 1<<20/9-1) + "a: b\n"
	if _, diags := flows.ParseValue("f.yaml", []byte(src)); len(diags) > 0 {
		t.Errorf("got %v, want no problem below 1 MiB", diags)
	}
}

// A byte order mark and the kind of line breaks change neither places nor texts.
func TestSameWhateverTheEditor(t *testing.T) {
	const src = "a: ä ${{ b }}\nc: |\n  d\n  ${{ e }}\nf: \"g\n  h\"\n"
	want, _ := flows.ParseValue("f.yaml", []byte(src))
	for name, other := range map[string]string{
		"byte order mark": "\ufeff" + src,
		"CRLF":            strings.ReplaceAll(src, "\n", "\r\n"),
		"both":            "\ufeff" + strings.ReplaceAll(src, "\n", "\r\n"),
	} {
		got, diags := flows.ParseValue("f.yaml", []byte(other))
		if len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: value (-want +got):\n%s", name, diff)
		}
	}
}
