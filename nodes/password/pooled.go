package password

import "context"

// Pooled is a Hasher that works in a Pool. Besides the errors of the hasher its
// methods have those of Pool.Do.
type Pooled struct {
	Hasher Hasher
	Pool   *Pool
}

var _ Hasher = Pooled{}

// Hash implements Hasher.
func (p Pooled) Hash(ctx context.Context, password string) (string, error) {
	return inPool(ctx, p.Pool, func() (string, error) { return p.Hasher.Hash(ctx, password) })
}

// Verify implements Hasher.
func (p Pooled) Verify(ctx context.Context, password, encoded string) (bool, error) {
	return inPool(ctx, p.Pool, func() (bool, error) { return p.Hasher.Verify(ctx, password, encoded) })
}

// Decoy implements Hasher.
func (p Pooled) Decoy(ctx context.Context, password string) error {
	_, err := inPool(ctx, p.Pool, func() (struct{}, error) { return struct{}{}, p.Hasher.Decoy(ctx, password) })
	return err
}

// Stale implements Hasher. It is quick and does not go through the pool.
func (p Pooled) Stale(encoded string) bool { return p.Hasher.Stale(encoded) }

func inPool[T any](ctx context.Context, pool *Pool, work func() (T, error)) (T, error) {
	var result T
	var err error
	if stopped := pool.Do(ctx, func() { result, err = work() }); stopped != nil {
		var none T // result may still be written to
		return none, stopped
	}
	return result, err
}
