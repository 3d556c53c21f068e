package session_test

import (
	"reflect"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
)

// Flows get sessions that they may change, though a store may share its own.
func TestListedSharesNothing(t *testing.T) {
	stored := func() *session.Found {
		return &session.Found{
			Record: session.Record{
				Actor: "user:1", Groups: []string{"a"}, Factors: []string{"password"},
				Data: map[string]any{"cart": []any{"x", map[string]any{"n": 1.0}}},
			},
			UserGroups: []string{"b"},
		}
	}
	f := stored()
	l := f.Listed()
	if want := stored().Listed(); !reflect.DeepEqual(l, want) {
		t.Fatalf("got %+v", l)
	}
	*l.Actor = "nobody"
	l.AccessGroupKeys[0], l.AccessGroupKeys[1] = "admin", "admin"
	cart := l.Data["cart"].([]any)
	cart[0] = "y"
	cart[1].(map[string]any)["n"] = 2.0
	l.Data["more"] = true
	if !reflect.DeepEqual(f, stored()) {
		t.Errorf("what is stored changed to %+v", f)
	}
	if l := (&session.Found{}).Listed(); l.Data == nil || l.Actor != nil || l.AccessGroupKeys == nil {
		t.Errorf("got %+v of an empty session", l)
	}
}
