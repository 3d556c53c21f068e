package standard_test

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

// laterTypes are node types that Latchwork is going to ship, with the tags that they
// will have: providers. Tests of the
// language load flows that use them. They are made to be loaded, not to be run:
// each fails. A type leaves this list when the real one comes.
//
// Registries admit them by AddStandard.
func laterTypes() []engine.NodeType {
	return []engine.NodeType{
		providerFinish(), identityResolve(), identityLink(),
	}
}

var errLater = errors.New("this node type can be loaded, not run")

// later makes a node type that has tags and nothing else.
func later[In, Out any](name, doc string, options ...engine.Option) engine.NodeType {
	return engine.Define(name, doc, func(context.Context, In, Out) (engine.Exit, error) { return engine.Exit{}, errLater }, options...)
}

type none = engine.Outcome[engine.None]
