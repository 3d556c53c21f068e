package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/latchwork/latchwork/nodes/password/internal/argon2"
)

// Argon2id is a Hasher that makes Argon2id hashes, and checks those and bcrypt
// ones. Every call works on the goroutine, and so on the thread, that makes it.
// It has memory of its own while it works (see Params.Memory), so callers
// bound how many run at a time: see Pooled.
type Argon2id struct {
	// Rand gives the salts. Nil means crypto/rand.Reader. It must be safe for
	// concurrent use, and is not replaced after the first Hash.
	Rand io.Reader

	params Params

	mu    sync.Mutex             // held while costs is replaced
	costs atomic.Pointer[[]cost] // the work of a check, the configured cost first

	// scratch holds *argon2.Scratch of at most the configured memory. It is given
	// back to the system some minutes after the last use.
	scratch sync.Pool
}

var _ Hasher = (*Argon2id)(nil)

// NewArgon2id returns a hasher with these parameters, or the error of
// Params.Validate.
func NewArgon2id(p Params) (*Argon2id, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return newArgon2id(p.withDefaults()), nil
}

func newArgon2id(p Params) *Argon2id {
	a := &Argon2id{params: p}
	a.costs.Store(&[]cost{p.cost()})
	return a
}

// Hash implements Hasher. The result is a PHC string.
func (a *Argon2id) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxBytes {
		return "", ErrTooLong
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("password: hash: %w", err)
	}
	random := a.Rand
	if random == nil {
		random = rand.Reader
	}
	salt := make([]byte, a.params.SaltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("password: read a salt: %w", err)
	}
	h := hash{params: a.params, salt: salt, key: a.derive(normalise(password), salt, a.params)}
	return h.String(), nil
}

// Verify implements Hasher. A password of more than MaxBytes is a mismatch.
func (a *Argon2id) Verify(ctx context.Context, password, encoded string) (bool, error) {
	h, err := parse(encoded)
	if err != nil {
		return false, err
	}
	return a.check(ctx, password, &h)
}

// Decoy implements Hasher.
func (a *Argon2id) Decoy(ctx context.Context, password string) error {
	_, err := a.check(ctx, password, nil)
	return err
}

// Stale implements Hasher. What cannot be read is stale.
func (a *Argon2id) Stale(encoded string) bool {
	h, err := parse(encoded)
	return err != nil || h.bcrypt != "" || h.params != a.params
}

// check does the work of every cost in use, that of h with h where there is one.
func (a *Argon2id) check(ctx context.Context, password string, h *hash) (match bool, err error) {
	input := normalise(password)
	for _, s := range a.steps(h) {
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("password: check: %w", err)
		}
		if !s.real {
			a.spend(s.cost, input)
			continue
		}
		if match, err = a.match(*h, input); err != nil {
			return false, err
		}
	}
	return match && len(password) <= MaxBytes, nil
}

// match reports whether h is the hash of password, by the work of h alone.
func (a *Argon2id) match(h hash, password []byte) (bool, error) {
	if h.bcrypt != "" {
		return h.matchBcrypt(password)
	}
	key := a.derive(password, h.salt, h.params)
	return subtle.ConstantTimeCompare(key, h.key) == 1, nil
}

// derive computes a key in memory that is kept for the next derivation, unless
// it is more than the configured hash needs.
func (a *Argon2id) derive(password, salt []byte, p Params) []byte {
	scratch, _ := a.scratch.Get().(*argon2.Scratch)
	if scratch == nil {
		scratch = new(argon2.Scratch)
	}
	key := scratch.IDKey(password, salt, p.Time, p.Memory, p.Threads, uint32(p.KeyLen))
	if scratch.KiB() <= a.params.Memory {
		a.scratch.Put(scratch)
	}
	return key
}
