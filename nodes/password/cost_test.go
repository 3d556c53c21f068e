package password

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// work sums up steps: how often each Argon2 cost, and the rounds of bcrypt.
func work(steps []step) map[string]int {
	sum := map[string]int{}
	for _, s := range steps {
		if s.rounds > 0 {
			sum["bcrypt rounds"] += 1 << s.rounds
			continue
		}
		sum[fmt.Sprintf("m=%d,t=%d,p=%d", s.memory, s.time, s.threads)]++
	}
	return sum
}

func encodedWith(p Params) string {
	return hash{params: p, salt: make([]byte, p.SaltLen), key: make([]byte, p.KeyLen)}.String()
}

// Every account costs the same work, R-16 and A-23: one with a hash as
// configured, with an imported one that is dearer or cheaper, and without any.
func TestEveryCheckDoesTheSameWork(t *testing.T) {
	cheap := Params{Memory: 4096, Time: 1, Threads: 1, SaltLen: 8, KeyLen: 32}
	dear := Params{Memory: 65536, Time: 3, Threads: 4, SaltLen: 16, KeyLen: 32}
	accounts := map[string]string{
		"as configured":    encodedWith(DefaultParams()),
		"cheaper argon2id": encodedWith(cheap),
		"dearer argon2id":  encodedWith(dear),
		"bcrypt 4":         bcryptOf(t, "correct horse", 4),
		"bcrypt 6":         bcryptOf(t, "correct horse", 6),
		"bcrypt 8":         bcryptOf(t, "correct horse", 8),
	}
	want := map[string]int{
		"m=19456,t=2,p=1": 1, "m=4096,t=1,p=1": 1, "m=65536,t=3,p=4": 1, "bcrypt rounds": 1 << 8,
	}

	a, err := NewArgon2id(Params{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Cover(accounts["bcrypt 8"], accounts["bcrypt 4"], accounts["cheaper argon2id"], accounts["dearer argon2id"]); err != nil {
		t.Fatal(err)
	}
	for name, encoded := range accounts {
		h, err := parse(encoded)
		if err != nil {
			t.Fatal(err)
		}
		steps := a.steps(&h)
		if diff := cmp.Diff(want, work(steps)); diff != "" {
			t.Errorf("R-16 %s (-want +got):\n%s", name, diff)
		}
		real := 0
		for _, s := range steps {
			if s.real {
				real++
				if s.cost != h.cost() {
					t.Errorf("%s: checked at %+v, want %+v", name, s.cost, h.cost())
				}
			}
		}
		if real != 1 {
			t.Errorf("%s: checked %d times, want once", name, real)
		}
	}
	if diff := cmp.Diff(want, work(a.steps(nil))); diff != "" {
		t.Errorf("A-23 no password (-want +got):\n%s", diff)
	}
}

func TestWithoutForeignHashesACheckIsOneDerivation(t *testing.T) {
	a, err := NewArgon2id(Params{})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(a.steps(nil)); got != 1 {
		t.Errorf("got %d steps, want 1", got)
	}
}

// The first check of a foreign hash makes the next ones cover it.
func TestVerifyCoversWhatItMeets(t *testing.T) {
	a := newArgon2id(weak)
	before := work(a.steps(nil))
	if !verify(t, a, "correct horse", bcryptOf(t, "correct horse", 5)) {
		t.Fatal("got a mismatch")
	}
	want := maps.Clone(before)
	want["bcrypt rounds"] = 1 << 5
	if diff := cmp.Diff(want, work(a.steps(nil))); diff != "" {
		t.Errorf("R-16 a decoy afterwards (-want +got):\n%s", diff)
	}
	if !verify(t, a, "correct horse", bcryptOf(t, "correct horse", 4)) {
		t.Error("a cheaper hash afterwards: got a mismatch")
	}
	if !verify(t, a, "correct horse", hashOf(t, a, "correct horse")) {
		t.Error("its own hash afterwards: got a mismatch")
	}
}

func TestCoverHasALimit(t *testing.T) {
	a := newArgon2id(weak)
	p := weak
	for range maxCovered {
		p.Memory *= 2
		if err := a.Cover(encodedWith(p)); err != nil {
			t.Fatal(err)
		}
	}
	p.Memory *= 2
	beyond := newArgon2id(p)
	encoded := hashOf(t, beyond, "correct horse")
	if err := a.Cover(encoded); err == nil {
		t.Error("a fifth cost: got no error")
	}
	if err := a.Cover("correct horse"); err == nil {
		t.Error("no hash: got no error")
	}
	// It is checked all the same, on top of the others.
	if !verify(t, a, "correct horse", encoded) {
		t.Error("a fifth cost: got a mismatch")
	}
	if verify(t, a, "correct house", encoded) {
		t.Error("a fifth cost, another password: got a match")
	}
}
