package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
)

// key is a public key of a provider, by which it signs.
type key struct {
	id     string // "" for none
	alg    string // the only algorithm that it is for; "" for each of its kind
	public crypto.PublicKey
}

// maxKeys is how many keys of a provider are read. More are no set of keys.
const maxKeys = 100

func (p *Provider) readKeys(ctx context.Context) ([]key, error) {
	m, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	o, _, err := get[object](ctx, p, m.keys, "")
	if err != nil {
		return nil, err
	}
	list, ok := o["keys"].([]any)
	if !ok || len(list) > maxKeys {
		return nil, unavailable("%s: no set of keys", m.keys)
	}
	var keys []key
	for _, each := range list {
		jwk, _ := each.(map[string]any)
		if k, err := readKey(jwk); err == nil {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

var errKey = errors.New("no key that is taken")

// readKey reads a JWK (RFC 7517). Keys that are not for signatures, symmetric ones, and
// those that are too weak are an error.
func readKey(jwk object) (key, error) {
	if use := jwk["use"]; use != nil && use != "sig" {
		return key{}, errKey
	}
	k := key{id: jwk.text("kid"), alg: jwk.text("alg")}
	switch jwk.text("kty") {
	case "RSA":
		k.public = rsaKey(jwk.bytes("n"), jwk.bytes("e"))
	case "EC":
		k.public = ecKey(jwk.text("crv"), jwk.bytes("x"), jwk.bytes("y"))
	case "OKP":
		if x := jwk.bytes("x"); jwk.text("crv") == "Ed25519" && len(x) == ed25519.PublicKeySize {
			k.public = ed25519.PublicKey(x)
		}
	}
	if k.public == nil {
		return key{}, errKey
	}
	return k, nil
}

// bytes is a text of an object, decoded; nil where it is none.
func (o object) bytes(name string) []byte {
	b, err := base64.RawURLEncoding.Strict().DecodeString(o.text(name))
	if err != nil {
		return nil
	}
	return b
}

// Bounds of RSA keys, in bits: weaker ones can be broken, and larger ones cost much.
const (
	minRSA = 2048
	maxRSA = 8192
)

func rsaKey(modulus, exponent []byte) crypto.PublicKey {
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if n.BitLen() < minRSA || n.BitLen() > maxRSA || e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

func ecKey(name string, x, y []byte) crypto.PublicKey {
	curve, known := curves[name]
	if size := 0; known {
		size = (curve.Params().BitSize + 7) / 8
		if len(x) == size && len(y) == size {
			point := append(append([]byte{4}, x...), y...)
			if k, err := ecdsa.ParseUncompressedPublicKey(curve, point); err == nil {
				return k
			}
		}
	}
	return nil
}
