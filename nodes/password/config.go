package password

import (
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/flows"
)

// Config is the section "password" of app.yaml. The zero Config has Argon2id
// with DefaultParams, and DefaultMinLength.
type Config struct {
	Hash      string       `yaml:"hash"` // "argon2id", or "" for the same
	Params    ParamsConfig `yaml:"params"`
	MinLength int          `yaml:"minLength"` // characters; 0 means DefaultMinLength
}

// ParamsConfig are Params as they are written; a field that is not has the value
// of DefaultParams.
type ParamsConfig struct {
	Memory  flows.Size `yaml:"memory"` // whole KiB, "19MiB"
	Time    int        `yaml:"time"`
	Threads int        `yaml:"threads"`
}

// argon2idName is the one algorithm by which passwords are hashed.
const argon2idName = "argon2id"

// Validate says all that is wrong: an unknown algorithm, parameters below
// OWASP's minimum or beyond what a server can bear, a least length that no
// policy may have.
func (c Config) Validate() error {
	var errs []error
	if c.Hash != "" && c.Hash != argon2idName {
		errs = append(errs, fmt.Errorf("password: hash is %q, want %s; bcrypt hashes are checked and then replaced", c.Hash, argon2idName))
	}
	p, err := c.Params.params()
	if err == nil {
		err = p.Validate()
	}
	return errors.Join(append(errs, err, c.Policy().Validate())...)
}

// Policy is the policy that the section describes.
func (c Config) Policy() Policy { return Policy{MinLength: c.MinLength} }

// Argon2id makes the hasher that the section describes. The error is that of
// Validate.
func (c Config) Argon2id() (*Argon2id, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p, err := c.Params.params()
	if err != nil {
		return nil, err
	}
	return NewArgon2id(p)
}

func (c ParamsConfig) params() (Params, error) {
	const mostPasses, mostLanes = 1 << 16, 255
	if c.Memory < 0 || c.Memory%1024 != 0 || c.Memory/1024 > 1<<32-1 {
		return Params{}, fmt.Errorf("password: params.memory is %s, want whole KiB such as 19MiB", c.Memory)
	}
	if c.Time < 0 || c.Time > mostPasses || c.Threads < 0 || c.Threads > mostLanes {
		return Params{}, fmt.Errorf("password: params.time is %d and params.threads %d, want small positive numbers", c.Time, c.Threads)
	}
	return Params{Memory: uint32(c.Memory / 1024), Time: uint32(c.Time), Threads: uint8(c.Threads)}, nil
}
