package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/latchwork/latchwork/cmd"
)

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		cmd.Main()
	}
	os.Exit(m.Run())
}

// All sign-ins that fail have the same answer. Their times are looked at by
// people, never by a test.
func TestAnswersAreAlike(t *testing.T) {
	r, err := measure(t.Context(), plan{flows: "../../examples/quickstart", samples: 2, rounds: bcrypt.MinCost, within: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.different(); err != nil {
		t.Error(err)
	}
	for _, k := range r.kinds {
		if len(k.times) != 2 {
			t.Errorf("%s: got %d answers, want 2", k.name, len(k.times))
		}
	}
	for answer := range r.kinds[0].answers {
		if !strings.HasPrefix(answer, "401 ") || !strings.Contains(answer, "invalid_credentials") {
			t.Errorf("got %s, want a 401", answer)
		}
	}
}

// What tells kinds apart is an error.
func TestPrint(t *testing.T) {
	alike := map[string]int{"401": 2}
	tests := map[string]struct {
		other kind
		want  string
	}{
		"alike":          {kind{answers: alike, times: times(100, 101)}, ""},
		"another answer": {kind{name: "b", answers: map[string]int{"404": 1}, times: times(100, 101)}, "1 answers to b differ"},
		"slower":         {kind{answers: alike, times: times(106, 107)}, "a median differs by 6.0 %"},
		"faster":         {kind{answers: alike, times: times(90, 91)}, "a median differs by 10.0 %"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &result{kinds: []*kind{{name: "a", answers: alike, times: times(100, 101)}, &tt.other}}
			err := r.print(&strings.Builder{})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
