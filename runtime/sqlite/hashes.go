package sqlite

import "context"

// A hash begins with its algorithm and parameters: $2b$12$… or
// $argon2id$v=19$m=19456,t=2,p=1$….
const sampleHashes = `SELECT min(hash) FROM passwords GROUP BY
	CASE WHEN hash LIKE '$2%' THEN substr(hash, 1, 7) ELSE substr(hash, 1, 15 + instr(substr(hash, 16), '$')) END`

// SampleHashes gives one of the stored password hashes for each algorithm and
// parameters in use, in all realms, so that the work of checking them can be
// hidden from the start. It reads all hashes.
func (db *DB) SampleHashes(ctx context.Context) ([]string, error) {
	var samples []string
	err := db.read(ctx, "sample password hashes", func(c *conn) error {
		return c.each(ctx, sampleHashes, nil, func(r row) error {
			samples = append(samples, r.text(0))
			return nil
		})
	})
	return samples, err
}
