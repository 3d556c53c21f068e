package provider

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the algorithms
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

// maxToken is how long a token may be, in bytes.
const maxToken = 32 << 10

// algorithm is a way to sign that is taken: none and HMAC, whose key is no secret of the
// provider's, are not.
type algorithm struct {
	hash  crypto.Hash
	check func(public crypto.PublicKey, hash crypto.Hash, signed, signature []byte) bool
	bits  int // of the curve; 0 for none
}

var algorithms = map[string]algorithm{
	"RS256": {hash: crypto.SHA256, check: checkRSA}, "RS384": {hash: crypto.SHA384, check: checkRSA}, "RS512": {hash: crypto.SHA512, check: checkRSA},
	"PS256": {hash: crypto.SHA256, check: checkPSS}, "PS384": {hash: crypto.SHA384, check: checkPSS}, "PS512": {hash: crypto.SHA512, check: checkPSS},
	"ES256": {hash: crypto.SHA256, check: checkECDSA, bits: 256}, "ES384": {hash: crypto.SHA384, check: checkECDSA, bits: 384},
	"ES512": {hash: crypto.SHA512, check: checkECDSA, bits: 521},
	"EdDSA": {check: checkEdDSA}, "Ed25519": {check: checkEdDSA},
}

// verified is the claims of a token that the provider has signed.
func (p *Provider) verified(ctx context.Context, token string) (object, error) {
	if len(token) > maxToken {
		return nil, refused("the token is too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refused("the token is no signed JWT")
	}
	header, err := decoded(parts[0])
	if err != nil {
		return nil, refused("the header of the token: %w", err)
	}
	name := header.text("alg")
	how, taken := algorithms[name]
	if !taken || header["crit"] != nil {
		return nil, refused("tokens signed by %q are not taken", name)
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, refused("the signature of the token: %w", err)
	}
	signed := []byte(parts[0] + "." + parts[1])
	// Keys in the header of a token, or addresses of them, are nobody's: what counts is
	// what the provider has at its own address.
	fits := func(k key) bool {
		return (k.id == header.text("kid") || header["kid"] == nil) && (k.alg == "" || k.alg == name) && how.fits(k.public)
	}
	keys, err := p.keys.get(ctx, p.readKeys, func(keys []key) bool { return len(filtered(keys, fits)) > 0 })
	if err != nil {
		return nil, err
	}
	for _, k := range filtered(keys, fits) {
		if how.check(k.public, how.hash, signed, signature) {
			return decoded(parts[1])
		}
	}
	return nil, refused("no key of the provider has signed the token")
}

func filtered(keys []key, fits func(key) bool) (some []key) {
	for _, k := range keys {
		if fits(k) {
			some = append(some, k)
		}
	}
	return some
}

// fits reports whether a key is of the kind of the algorithm.
func (a algorithm) fits(public crypto.PublicKey) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return a.hash != 0 && a.bits == 0
	case *ecdsa.PublicKey:
		return a.bits == k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return a.hash == 0
	}
	return false
}

func sum(hash crypto.Hash, signed []byte) []byte {
	h := hash.New()
	h.Write(signed)
	return h.Sum(nil)
}

func checkRSA(public crypto.PublicKey, hash crypto.Hash, signed, signature []byte) bool {
	return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), hash, sum(hash, signed), signature) == nil
}

func checkPSS(public crypto.PublicKey, hash crypto.Hash, signed, signature []byte) bool {
	o := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return rsa.VerifyPSS(public.(*rsa.PublicKey), hash, sum(hash, signed), signature, o) == nil
}

func checkECDSA(public crypto.PublicKey, hash crypto.Hash, signed, signature []byte) bool {
	k := public.(*ecdsa.PublicKey)
	size := (k.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(k, sum(hash, signed), r, s)
}

func checkEdDSA(public crypto.PublicKey, _ crypto.Hash, signed, signature []byte) bool {
	return ed25519.Verify(public.(ed25519.PublicKey), signed, signature)
}

// decoded is the object of a part of a token.
func decoded(part string) (o object, err error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, refused("a part of the token: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&o); err != nil || o == nil || d.More() {
		return nil, refused("a part of the token is no object of JSON")
	}
	return o, nil
}
