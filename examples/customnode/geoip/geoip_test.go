package geoip_test

import (
	"context"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/examples/customnode/geoip"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct{ ip, want string }{
		{"192.0.2.7", `expected {"country":"CH"}`},
		{"198.51.100.7", `suspicious {"country":"KP"}`},
		{"203.0.113.1", `suspicious {"country":"nowhere"}`},
		{"not an address", `suspicious {"country":"nowhere"}`},
	} {
		got := enginetest.Node{
			Type:    geoip.Lookup(geoip.Table),
			With:    map[string]any{"allowed": []string{"CH", "DE"}},
			Request: &engine.Request{Realm: engine.MainRealm, IP: c.ip},
		}.Run(context.Background(), t)
		if got.String() != c.want {
			t.Errorf("%s: got %s, want %s", c.ip, got, c.want)
		}
	}
}

// The countries are part of the flow: no request can choose them.
func TestAllowedIsLiteral(t *testing.T) {
	diags := enginetest.Node{
		Type: geoip.Lookup(geoip.Table),
		With: map[string]any{"allowed": "${{ request.host }}"},
	}.Refused(t)
	if diags[0].Code != "literal" {
		t.Errorf("got %v, want [literal]", diags)
	}
}
