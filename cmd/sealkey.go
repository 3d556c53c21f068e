package cmd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/latchwork/latchwork/nodes/seal"
)

// keySuffix is what the name of the key's file has besides that of the database.
const keySuffix = ".key"

// sealKey is the key of the installation: store.key, or that in the file beside the
// database, which is made if there is none. The database is open, so that nobody else
// makes one at the same time.
func (a *application) sealKey(database string) (*seal.Key, error) {
	if text := a.config.Store.Key; text != "" {
		return seal.Parse(text)
	}
	file := database + keySuffix
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeKey(file)
	}
	if err != nil {
		return nil, err
	}
	key, err := seal.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// makeKey writes a new key. A crash leaves a whole file or none: half a key would be
// none, and what had been sealed with the whole one could not be opened again.
func makeKey(file string) (text []byte, err error) {
	key, err := seal.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	text = []byte(key + "\n")
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return text, os.Rename(part, file)
}
