package flows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

func parseValue(t testing.TB, src string) *flows.Value {
	t.Helper()
	v, diags := flows.ParseValue("f.yaml", []byte(src))
	if len(diags) > 0 {
		t.Fatalf("%q: got\n%v\nwant no problems", src, diags)
	}
	return v
}

// What stands without quotes is what YAML 1.2 takes it for; dates are text.
func TestPlainScalars(t *testing.T) {
	for _, c := range []struct {
		src  string
		want any
	}{
		{"", nil}, {"~", nil}, {"null", nil}, {"Null", nil}, {"NULL", nil},
		{"true", true}, {"True", true}, {"FALSE", false},
		{"yes", "yes"}, {"no", "no"}, {"on", "on"}, {"Off", "Off"}, {"y", "y"},
		{"0", 0}, {"-1", -1}, {"9223372036854775807", 9223372036854775807}, {"-9223372036854775808", -9223372036854775808},
		{"1.5", 1.5}, {"-0.25", -0.25}, {"1e3", 1000.0}, {"1.5E-1", 0.15},
		{"2026-01-02", "2026-01-02"}, {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"}, {"12:30:00", "12:30:00"},
		{"1.2.3", "1.2.3"}, {"1a", "1a"}, {"-", "-"}, {"--", "--"}, {"10s", "10s"}, {"64KiB", "64KiB"}, {"127.0.0.1:8080", "127.0.0.1:8080"},
		{`"1"`, "1"}, {`'true'`, "true"}, {`"null"`, "null"}, {"!x", nil},
		{"a b", "a b"}, {"a'b\"c", "a'b\"c"}, {"$x", "$x"}, {"${x}", "${x}"}, {"{{", nil},
	} {
		v, diags := flows.ParseValue("f.yaml", []byte("a: "+c.src+"\n"))
		if c.src == "-" || c.src == "!x" || c.src == "{{" {
			if len(diags) == 0 {
				t.Errorf("%q: got no problem, want one", c.src)
			}
			continue
		}
		if len(diags) > 0 {
			t.Errorf("%q: got\n%v\nwant no problems", c.src, diags)
			continue
		}
		if diff := cmp.Diff(c.want, v.Get("a").Plain()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.src, diff)
		}
	}
}

func TestPartAt(t *testing.T) {
	p := parseValue(t, "a: >-\n  ${{ ä ||\n      b\n  || 'c' }}\n").Fields[0].Value.Parts[0]
	for i, want := range map[int]flows.Pos{
		0: {File: "f.yaml", Line: 2, Col: 7},
		3: {File: "f.yaml", Line: 2, Col: 10},
		9: {File: "f.yaml", Line: 3, Col: 7},
	} {
		if got := p.At(i); got != want {
			t.Errorf("rune %d of %q: got %v, want %v", i, p.Expr, got, want)
		}
	}
}

func TestParts(t *testing.T) {
	expr := func(line, col int, source string, jumps ...flows.Jump) flows.Part {
		return flows.Part{Pos: flows.Pos{File: "f.yaml", Line: line, Col: col}, Expr: source, IsExpr: true, Jumps: jumps}
	}
	jump := func(rune, line, col int) flows.Jump {
		return flows.Jump{Rune: rune, Pos: flows.Pos{File: "f.yaml", Line: line, Col: col}}
	}
	text := func(line, col int, text string) flows.Part {
		return flows.Part{Pos: flows.Pos{File: "f.yaml", Line: line, Col: col}, Literal: text}
	}
	for _, c := range []struct {
		name, src string
		want      []flows.Part
	}{
		{"none", "a: b", nil},
		{"whole", "a: ${{ b.c }}", []flows.Part{expr(1, 8, "b.c")}},
		{"whole without blanks", "a: ${{b.c}}", []flows.Part{expr(1, 7, "b.c")}},
		{"whole with blanks around", "a: '  ${{ b }} '", []flows.Part{expr(1, 11, "b")}},
		{"whole in a block", "a: |\n\n  ${{ b }}\n", []flows.Part{expr(3, 7, "b")}},
		{"two in a row", "a: ${{ b }}${{ c }}", []flows.Part{expr(1, 8, "b"), expr(1, 16, "c")}},
		{"in text", "a: Dear ${{ b }}, hello", []flows.Part{text(1, 4, "Dear "), expr(1, 13, "b"), text(1, 17, ", hello")}},
		{"map in a map", "a: \"${{ {'b': {'c': 1}}}}\"", []flows.Part{expr(1, 9, "{'b': {'c': 1}}")}},
		{"braces in strings", "a: ${{ '}}' + `}}` + b('{') }}", []flows.Part{expr(1, 8, "'}}' + `}}` + b('{')")}},
		{"escaped quotes", `a: ${{ 'it\'s }}' }}`, []flows.Part{expr(1, 8, `'it\'s }}'`)}},
		{"doubled backquotes", "a: ${{ `b``}}` }}", []flows.Part{expr(1, 8, "`b``}}`")}},
		{"comment", "a: ${{ b /* }} */ }}", []flows.Part{expr(1, 8, "b /* }} */")}},
		{"line comment", "a: |-\n  ${{ b // }}\n  + c }}", []flows.Part{expr(2, 7, "b // }}\n+ c", jump(8, 3, 3))}},
		{"quotes outside count for nothing", "a: it's ${{ b }} isn't", []flows.Part{text(1, 4, "it's "), expr(1, 13, "b"), text(1, 17, " isn't")}},
		{"other braces", "a: ${b} $${{ c }} {{d}}", []flows.Part{text(1, 4, "${b} $"), expr(1, 14, "c"), text(1, 18, " {{d}}")}},
		{"runes count", "ä: 'öü😀 ${{ b }}é${{ c }}'", []flows.Part{text(1, 5, "öü😀 "), expr(1, 13, "b"), text(1, 17, "é"), expr(1, 22, "c")}},
		{"escapes count", `a: "\u00e4\t\x41\"${{ b }}\\${{ c }}"`, []flows.Part{text(1, 5, "ä\tA\""), expr(1, 23, "b"), text(1, 27, `\`), expr(1, 33, "c")}},
		{"escapes within", `a: "${{ \"b\" }}${{ c }}"`, []flows.Part{expr(1, 9, `"b"`, jump(1, 1, 11)), expr(1, 21, "c")}},
		{"single quotes", "a: '${{ ''b'' }}${{ c }}'", []flows.Part{expr(1, 9, "'b'", jump(1, 1, 11)), expr(1, 21, "c")}},
		{"literal", "a: |\n  b\n\n    ${{ c }}\n  ${{ d }}\n", []flows.Part{text(2, 3, "b\n\n  "), expr(4, 9, "c"), text(4, 13, "\n"), expr(5, 7, "d"), text(5, 11, "\n")}},
		{"literal with a given indentation", "a: |1\n    ${{ c }} d\n", []flows.Part{text(2, 2, "   "), expr(2, 9, "c"), text(2, 13, " d\n")}},
		{"folded", "a: >-\n  b\n  ${{ c }}\n\n  d\n   ${{ e }}\n", []flows.Part{text(2, 3, "b "), expr(3, 7, "c"), text(4, 1, "\nd\n "), expr(6, 8, "e")}},
		{"plain over lines", "a: b\n  c\n\n  ${{ d }}", []flows.Part{text(1, 4, "b c\n"), expr(4, 7, "d")}},
		{"quoted over lines", "a: \"b\n  c \\\n  ${{ d }}\"", []flows.Part{text(1, 5, "b c "), expr(3, 7, "d")}},
		{"expression over lines", "a: ${{ b ||\n  c }} d", []flows.Part{expr(1, 8, "b || c", jump(5, 2, 3)), text(2, 7, " d")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := parseValue(t, c.src).Fields[0].Value
			if diff := cmp.Diff(c.want, v.Parts); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if got, want := v.IsExpr(), strings.HasPrefix(c.name, "whole") || len(c.want) == 1; got != want {
				t.Errorf("IsExpr: got %v, want %v", got, want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	v := parseValue(t, "a:\n  - b: c\n    \"d\": [e, {f: g}]\n  -\n  - - h\ni:\n")
	place := func(v *flows.Value) string { return strings.TrimPrefix(v.Pos.String(), "f.yaml:") }
	a := v.Get("a")
	got := []string{
		place(v), place(a), place(a.Items[0]), place(a.Items[0].Get("b")), place(a.Items[0].Get("d")),
		place(a.Items[0].Get("d").Items[1]), place(a.Items[0].Get("d").Items[1].Get("f")), place(a.Items[1]),
		place(a.Items[2]), place(a.Items[2].Items[0]), place(v.Get("i")),
		strings.TrimPrefix(a.Items[0].Fields[1].Key.Pos.String(), "f.yaml:"),
	}
	want := []string{"1:1", "2:3", "2:5", "2:8", "3:10", "3:14", "3:18", "4:4", "5:5", "5:7", "6:3", "3:5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestValueOfNothing(t *testing.T) {
	var v *flows.Value
	if v.Get("a") != nil || v.Plain() != nil || v.IsExpr() {
		t.Error("got something out of a value that is not there, want nothing")
	}
}
