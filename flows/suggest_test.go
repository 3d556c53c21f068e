package flows_test

import (
	"testing"

	"github.com/latchwork/latchwork/flows"
)

func TestSuggest(t *testing.T) {
	known := []string{"user.get", "user.list", "password.check", "notFound", "found", "id", "if", "require"}
	for _, c := range []struct{ word, want string }{
		{"notfound", "notFound"},
		{"notFuond", "notFound"},
		{"user.gte", "user.get"},
		{"usr.get", "user.get"},
		{"password.chek", "password.check"},
		{"requires", "require"},
		{"ID", "id"},
		{"ix", "id"}, // as near to if: the first in the alphabet
		{"fo", ""},
		{"session.create", ""},
		{"", ""},
		{"x", ""},
		{"gefunden", ""},
	} {
		if got := flows.Suggest(c.word, known); got != c.want {
			t.Errorf("Suggest(%q): got %q, want %q", c.word, got, c.want)
		}
	}
	if got := flows.Suggest("ix", []string{"if", "id"}); got != "id" {
		t.Errorf("got %q, want id whatever the order", got)
	}
	if got := flows.Suggest("x", nil); got != "" {
		t.Errorf("got %q, want nothing known", got)
	}
}
