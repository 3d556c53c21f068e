package cmd

import (
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/standard"
)

// compiler makes the compiler of the standard node types and those of this
// program.
func (p *program) compiler(d standard.Deps) (*engine.Compiler, error) {
	types, guards, err := standard.Registry(d)
	if err != nil {
		return nil, err
	}
	if err := types.Add(p.types...); err != nil {
		return nil, err
	}
	return &engine.Compiler{Types: types, Guards: guards}, nil
}
