package provider

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

// rsaModulus is one of 2048 bits.
var rsaModulus = func() string {
	n := make([]byte, 256)
	n[0], n[255] = 0x80, 1
	return base64.RawURLEncoding.EncodeToString(n)
}()

// Tokens of each kind of key are taken, and those of a key of another kind are not.
func TestAlgorithms_R50(t *testing.T) {
	secret, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		alg    string
		signer crypto.Signer
		o      crypto.SignerOpts
		good   bool
	}{
		{"RS256", secret, crypto.SHA256, true}, {"RS512", secret, crypto.SHA512, true},
		{"PS384", secret, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA384}, true},
		{"EdDSA", edwards, crypto.Hash(0), true},
		{"RS256", edwards, crypto.Hash(0), false}, {"EdDSA", secret, crypto.SHA256, false},
		{"PS256", secret, crypto.SHA256, false}, {"ES256", secret, crypto.SHA256, false},
	} {
		header, _ := json.Marshal(map[string]string{"alg": test.alg})
		text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"77"}`))
		digest := []byte(text)
		if test.o.HashFunc() != 0 {
			digest = sum(test.o.HashFunc(), digest)
		}
		signature, err := test.signer.Sign(rand.Reader, digest, test.o)
		if err != nil {
			t.Fatal(err)
		}
		p := New("acme", Config{Issuer: "https://login.example.com", ClientID: "app"})
		*p.keys.state = cacheState[[]key]{value: []key{{public: test.signer.Public()}}, has: true, read: engine.Now(t.Context()), tried: engine.Now(t.Context())}
		claims, err := p.verified(t.Context(), text+"."+base64.RawURLEncoding.EncodeToString(signature))
		if good := err == nil && claims.text("sub") == "77"; good != test.good {
			t.Errorf("%s by %T: got %v, %v, want %t", test.alg, test.signer, claims, err, test.good)
		}
	}
}

// Whatever a token is, it ends in claims or an error.
func FuzzToken(f *testing.F) {
	for _, s := range []string{"", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"} {
		f.Add(s)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p := New("acme", Config{Issuer: "https://login.example.com", ClientID: "app"})
		*p.keys.state = cacheState[[]key]{value: []key{{public: private.Public()}}, has: true, read: engine.Now(t.Context()), tried: engine.Now(t.Context())}
		if claims, err := p.verified(t.Context(), token); err == nil {
			t.Errorf("%q: got %v, want no token that nobody has signed", token, claims)
		}
	})
}
