package flows_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"nothing to do", "a: b\n", "a: b\n"},
		{"final line break", "a: b", "a: b\n"},
		{"too many lines at the end", "a: b\n\n \n\n", "a: b\n"},
		{"comment at the end", "a: b\n# c  \n\n", "a: b\n# c\n"},
		{"blanks at line ends", "a: b  \n  \nc: d # e \t\nf:\t\n  - g \n", "a: b\n\nc: d # e\nf:\n  - g\n"},
		{"blanks in a text of several lines", "a: |\n  b  \n  c \n\nd: \"e  \n  f\"\n", "a: |\n  b  \n  c \n\nd: \"e  \n  f\"\n"},
		{"kept lines at the end", "a: c  \nb: |+\n  b\n\n\n", "a: c\nb: |+\n  b\n\n\n"},
		{"CRLF", "a: b \r\nc: d", "a: b\r\nc: d\r\n"},
		{"byte order mark", "\ufeffa: b", "\ufeffa: b\n"},
		{"with in one line", "nodes:\n  - id: a\n    with: {x: \"${{ y }}\", z: 'w', v: [1, 2]}  # why\n    next: {b: c}\n", `nodes:
  - id: a
    with:  # why
      x: ${{ y }}
      z: 'w'
      v: [1, 2]
    next: {b: c}
`},
		{"with that holds no expression", "with: {status: 204}\n", "with: {status: 204}\n"},
		{"quotes that are needed", "with: {x: \"${{ a ? b : c }}\", y: '${{ map(a, #.b) }}', z: \"a, ${{ b }}\"}\n", `with:
  x: "${{ a ? b : c }}"
  y: '${{ map(a, #.b) }}'
  z: "a, ${{ b }}"
`},
		{"nested with", "with: {status: 200, body: {user: [\"${{ a }}\", {b: \"${{ c }}\", d: e}], x: {y: z}}, n: }\n", `with:
  status: 200
  body:
    user:
      - ${{ a }}
      - b: ${{ c }}
        d: e
    x: {y: z}
  n:
`},
		{"within with", "with:\n  cookies: {a: {value: \"${{ b }}\", maxAge: 5m}}\n", `with:
  cookies:
    a:
      value: ${{ b }}
      maxAge: 5m
`},
		{"with between brackets", "- {with: {a: \"${{ b }}\"}}\n", "- {with: {a: \"${{ b }}\"}}\n"},
		{"with over several lines", "with: {a: \"${{ b }}\",\n  c: d} # e\n", "with: {a: \"${{ b }}\",\n  c: d} # e\n"},
		{"indentation", `nodes:
- id: a    # first
  # of a
  with:
       x: 1
       # deep
       y: |
          text
            more
       z:
       -   b: 1
           c: 2
       - d
# end
`, `nodes:
  - id: a    # first
    # of a
    with:
      x: 1
      # deep
      y: |
         text
           more
      z:
        - b: 1
          c: 2
        - d
# end
`},
		{"indentation of long values", `a:
    b: one
      two
    c:
        three
        four
    d: [e,
         f]
    g: "h
   i"
`, `a:
  b: one
    two
  c:
    three
    four
  d: [e,
       f]
  g: "h
 i"
`},
		{"root that is indented", "  a: b\n  # c\n  d: e\n", "a: b\n# c\nd: e\n"},
		{"dashes in a row", "- - a\n  - b\n-   - c\n    - d\n", "- - a\n  - b\n- - c\n  - d\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, diags := flows.Format("f.yaml", []byte(c.src))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if again, _ := flows.Format("f.yaml", got); !bytes.Equal(again, got) {
				t.Errorf("got %q the second time, want %q as the first time", again, got)
			}
		})
	}
}

func TestFormatRefusesBrokenText(t *testing.T) {
	src := []byte("a: !b  \n")
	got, diags := flows.Format("f.yaml", src)
	if !bytes.Equal(got, src) || len(diags) != 1 {
		t.Errorf("got %q with %d problems, want %q with 1", got, len(diags), src)
	}
}

func TestFormatSamples(t *testing.T) {
	for path, src := range samples(t) {
		got, diags := flows.Format(path, src)
		if len(diags) > 0 {
			t.Errorf("got\n%v\nwant no problems", diags)
		}
		if strings.Count(string(got), "#") != strings.Count(string(src), "#") {
			t.Errorf("%s: a comment is lost:\n%s", path, got)
		}
		for line := range strings.Lines(string(got)) {
			if strings.Contains(line, "with: {") && strings.Contains(line, "${{") {
				t.Errorf("%s: got %q, want block style", path, line)
			}
		}
	}
}
