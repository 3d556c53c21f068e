package flows_test

import (
	"testing"

	"github.com/latchwork/latchwork/flows"
)

func TestPos(t *testing.T) {
	p := flows.Pos{File: "f.yaml", Line: 3, Col: 4}
	for _, c := range []struct {
		pos  flows.Pos
		want string
	}{
		{p, "f.yaml:3:4"}, {p.Shift(2), "f.yaml:3:6"}, {flows.Pos{File: "f.yaml"}, "f.yaml"}, {flows.Pos{}, ""},
	} {
		if got := c.pos.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if !p.IsValid() || (flows.Pos{File: "f.yaml"}).IsValid() {
		t.Error("got the wrong validity, want a place to have a line")
	}
}
