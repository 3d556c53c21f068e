package argon2

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	reference "golang.org/x/crypto/argon2"
)

func TestIDKeyIsThatOfXCrypto(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	var s Scratch // one for all: what a derivation leaves behind must not count
	for range 300 {
		password, salt := bytes(rnd.IntN(200)), bytes(8+rnd.IntN(40))
		time, memory := 1+rnd.Uint32N(4), 1+rnd.Uint32N(600)
		threads, keyLen := uint8(1+rnd.Uint32N(6)), 4+rnd.Uint32N(200)
		got := s.IDKey(password, salt, time, memory, threads, keyLen)
		want := reference.IDKey(password, salt, time, memory, threads, keyLen)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("m=%d,t=%d,p=%d, key of %d (-want +got):\n%s", memory, time, threads, keyLen, diff)
		}
	}
}

// The reference implementation of the Password Hashing Competition gives this
// key for "password" and "somesalt" at m=65536, t=2, p=1.
func TestIDKeyKnownAnswer(t *testing.T) {
	var s Scratch
	got := hex.EncodeToString(s.IDKey([]byte("password"), []byte("somesalt"), 2, 65536, 1, 32))
	want := "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := s.KiB(), uint32(65536); got != want {
		t.Errorf("scratch holds %d KiB, want %d", got, want)
	}
}

func TestProcessBlockIsThatOfTheGenericCode(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var a, b, out block
	for i := range a {
		a[i], b[i], out[i] = rnd.Uint64(), rnd.Uint64(), rnd.Uint64()
	}
	got, want := out, out
	processBlock(&got, &a, &b)
	processBlockGeneric(&want, &a, &b, false)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("processBlock (-generic +got):\n%s", diff)
	}
	got, want = out, out
	processBlockXOR(&got, &a, &b)
	processBlockGeneric(&want, &a, &b, true)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("processBlockXOR (-generic +got):\n%s", diff)
	}
}

func TestIDKeyRefusesNothingToDo(t *testing.T) {
	for _, tc := range []struct {
		name    string
		time    uint32
		threads uint8
	}{{"no pass", 0, 1}, {"no lane", 1, 0}} {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got a key, want a panic")
				}
			}()
			var s Scratch
			s.IDKey(nil, nil, tc.time, 64, tc.threads, 32)
		})
	}
}

func BenchmarkIDKey(b *testing.B) {
	password, salt := []byte("correct horse battery staple"), make([]byte, 16)
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		var s Scratch
		for b.Loop() {
			s.IDKey(password, salt, 2, 19*1024, 1, 32)
		}
	})
	b.Run("x-crypto", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reference.IDKey(password, salt, 2, 19*1024, 1, 32)
		}
	})
}
