package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

// TestRemarks checks that no remark among the lines to paste does anything in a
// shell that takes it for a command, whatever flows declare: zsh does so.
func TestRemarks(t *testing.T) {
	const flow = `version: 1
flow: test
description: |
  Lists the caller's "own" things (all of them); ` + "`rm x` $(rm x) ${HOME} & rm x | rm x > x < x !! a\\\\" + `
endpoints:
  - {method: GET, path: "/it's;&/(a)!$b", require: [apikey, session], scope: "a'b;c", groups: ["it's > x"]}
nodes:
  - id: ok
    use: respond
`
	f, diags := flows.Parse("test.yaml", []byte(flow))
	if f == nil {
		t.Fatal(diags)
	}
	var out bytes.Buffer
	d := &development{out: &out, curl: newCurl("http://h", runtime.DefaultConfig()), known: map[string]bool{}}
	d.introduce([]*flows.Flow{f})
	remarks := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		if remarks++; strings.ContainsAny(line, "'\"`\\$!;&|<>()") {
			t.Errorf("a shell would act on %s", line)
		}
	}
	if want := "Lists the caller’s ”own” things （all of them）；"; remarks != 3 || !strings.Contains(out.String(), want) {
		t.Errorf("got %d remarks, want 3, with %s:\n%s", remarks, want, out.String())
	}
}
