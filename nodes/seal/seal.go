// Package seal keeps secrets that have to be read again, and hashes those that are
// too short for a plain hash. See IMPL.md of nodes.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Size is how many bytes the key of an installation has.
const Size = 32

// Key is the key of an installation. The zero Key seals nothing: its methods fail.
// A Key is safe for concurrent use.
type Key struct {
	aead cipher.AEAD
	mac  []byte
}

// ErrNoKey says that there is no key.
var ErrNoKey = errors.New("seal: there is no key of the installation; set store.key")

// ErrBroken says that something was not sealed with this key, for this place.
var ErrBroken = errors.New("seal: what was kept cannot be opened with this key")

// New makes a Key of Size random bytes.
func New(secret []byte) (*Key, error) {
	if len(secret) != Size {
		return nil, fmt.Errorf("seal: the key has %d bytes, not %d", len(secret), Size)
	}
	derive := func(use string) ([]byte, error) { return hkdf.Key(sha256.New, secret, nil, "latchwork "+use, Size) }
	sealing, err := derive("seal")
	if err != nil {
		return nil, err
	}
	mac, err := derive("mac")
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(sealing)
	return &Key{aead: aead, mac: mac}, err
}

// Parse makes a Key of base64 text, as store.key has it: with padding or without,
// in either alphabet.
func Parse(text string) (*Key, error) {
	text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimSpace(text)), "=")
	secret, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("seal: the key is not base64: %w", err)
	}
	return New(secret)
}

// Generate gives the text of a new key.
func Generate(random io.Reader) (string, error) {
	var secret [Size]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return base64.StdEncoding.EncodeToString(secret[:]), nil
}

// Seal encrypts. What it gives can be opened for the same place only: the realm, the
// row and what it is for.
func (k *Key) Seal(random io.Reader, plain []byte, place ...string) ([]byte, error) {
	if k == nil || k.aead == nil {
		return nil, ErrNoKey
	}
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return k.aead.Seal(nonce, nonce, plain, join(place)), nil
}

// Open gives what was sealed for a place, or ErrBroken.
func (k *Key) Open(sealed []byte, place ...string) ([]byte, error) {
	if k == nil || k.aead == nil {
		return nil, ErrNoKey
	}
	n := k.aead.NonceSize()
	if len(sealed) < n {
		return nil, ErrBroken
	}
	plain, err := k.aead.Open(nil, sealed[:n], sealed[n:], join(place))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// MAC is the keyed hash of a short secret at a place.
func (k *Key) MAC(secret string, place ...string) ([]byte, error) {
	if k == nil || k.aead == nil {
		return nil, ErrNoKey
	}
	h := hmac.New(sha256.New, k.mac)
	h.Write(join(append(place, secret)))
	return h.Sum(nil), nil
}

// join is the parts, each with its length, so that no two lists of parts look
// alike.
func join(parts []string) []byte {
	var all []byte
	for _, p := range parts {
		all = binary.AppendUvarint(all, uint64(len(p)))
		all = append(all, p...)
	}
	return all
}
