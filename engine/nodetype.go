package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// NodeType is a kind of node: its name, what it takes, how it may leave, and
// the function that does its work. Define makes one. A NodeType is immutable.
type NodeType struct {
	spec *typeSpec
}

// Name is the name of the type in flows, "group.verb".
func (t NodeType) Name() string { return t.spec.name }

// typeSpec is what the tags of a node type say.
type typeSpec struct {
	name, doc string
	inputs    []*field
	outcomes  []*outcomeSpec

	effect       bool // changes something outside of the run
	tells        bool // outcomes depend on stored accounts
	silent       bool // they do not, or the caller is proved before
	pure         bool // outcomes depend on the inputs only
	endsSession  bool // it may end the session of the request
	restricted   bool // the endpoint must demand groups or a scope
	readsRequest bool
	ends         endKind
	cost         Cost
	choice       choice
	checks       map[string]Check // by input
	refuses      bool             // inputs that fit its types may be refused, by a client's error
	refusals     []refusal
	example      string

	inputType   reflect.Type
	newInstance func() *instance
	problems    []error
	standard    bool
}

// endKind says that a type answers the request, and how.
type endKind uint8

const (
	notEnd endKind = iota
	endAnswer
	endRedirect
	endFail
)

// instance is one node type's function bound to the memory of one pooled run.
type instance struct {
	input reflect.Value // *In, addressable
	keep  func()        // makes what the inputs hold now what they hold before each run
	reset func()        // gives them that back
	slots []any         // *T per outcome
	call  func(ctx context.Context) (Exit, error)
	outs  []binder

	outside *shield // of a type from outside; see isolate.go
}

// clear forgets the inputs and outputs of a run.
func (i *instance) clear() {
	i.reset()
	for _, o := range i.outs {
		o.clear()
	}
}

// Cost is what a node type costs in time that a caller can measure.
type Cost uint8

// The costs. Enumeration rules compare ways by how many of each they have.
const (
	NoCost        Cost = iota
	PasswordCheck      // a hash of a password, which takes tens of milliseconds
	Send               // an entry of something to be sent, which is a write
)

// Option says something about a node type that no field can carry.
type Option func(*typeSpec)

// Effect says that a node of the type changes something outside of the run.
func Effect(s *typeSpec) { s.effect = true }

// Tells says that the outcomes depend on stored accounts that the caller may
// not know of, so that the enumeration rule holds.
func Tells(s *typeSpec) { s.tells = true }

// Silent says that the outcomes tell nothing of accounts that the caller does
// not know already.
func Silent(s *typeSpec) { s.silent = true }

// EndsSession says that a node of the type may end the session of the request, of
// which its host tells the client. Other types cannot: see EndSession.
func EndsSession(s *typeSpec) { s.endsSession = true }

// Pure says that the outcomes, and their outputs, depend on nothing but the inputs and
// the caller.
func Pure(s *typeSpec) { s.pure = true }

// Restricted says that a node of the type may stand only behind endpoints that
// demand access groups or a scope.
func Restricted(s *typeSpec) { s.restricted = true }

// ReadsRequest says that the type reads credentials from the request itself.
// The registry admits only standard types with it.
func ReadsRequest(s *typeSpec) { s.readsRequest = true }

// choice says that a node needs some of its optional inputs.
type choice struct {
	inputs []string
	one    bool // and no more than one
}

// AtLeastOne says that a node needs one or more of some optional inputs. A flow in
// which none stands is refused.
func AtLeastOne(inputs ...string) Option {
	return func(s *typeSpec) { s.choice = choice{inputs: inputs} }
}

// ExactlyOne says that a node takes one of some optional inputs, those being not
// set that are null. A flow in which none stands, or several that are never null,
// is refused.
func ExactlyOne(inputs ...string) Option {
	return func(s *typeSpec) { s.choice = choice{inputs: inputs, one: true} }
}

// Checks has the loader look at the text that flows give an input, as far as it is known
// before a run: a flow with one that the node would always refuse is not served.
func Checks(input string, check Check) Option {
	return func(s *typeSpec) {
		if s.checks == nil {
			s.checks = map[string]Check{}
		}
		s.checks[input] = check
	}
}

// Refuses says that a node of the type may end the run by 400 validation_error for
// what its inputs hold, such as an address that is none, though they fit its types.
func Refuses(s *typeSpec) { s.refuses = true }

// refusal is an error of a client by which a node of a type may end the run.
type refusal struct {
	*Failure
	input string // it concerns this input; "" for any
}

// MayFail says by which errors made for the client a node of the type may end the
// run, besides the closed defaults of its outcomes: callers are told of them.
func MayFail(failures ...*Failure) Option { return MayFailFor("", failures...) }

// MayFailFor is MayFail for errors that can only come where an input is given.
func MayFailFor(input string, failures ...*Failure) Option {
	return func(s *typeSpec) {
		for _, f := range failures {
			s.refusals = append(s.refusals, refusal{f, input})
		}
	}
}

// Costs is the option that a node of the type costs c.
func Costs(c Cost) Option { return func(s *typeSpec) { s.cost = c } }

// Example is the option that documents the type with an example: the nodes of
// a flow in YAML, one of which uses the type. Examples are executed by
// tests.
func Example(yaml string) Option { return func(s *typeSpec) { s.example = yaml } }

// Define makes a node type from a function over two structs. The fields of In
// are what a flow sets under "with"; those of Out, which are Outcomes, are the
// ways by which a node leaves, the first being the default. Struct tags and options
// are the only metadata; see IMPL.md for all of them. Contradictions in them are
// reported by Registry.Add.
//
// The function must be safe for concurrent use. It takes the time, randomness
// and proofs from ctx only, and returns an Exit made by one of the outcomes it
// was given, or an error: a *Failure for the client, any other for the operator.
func Define[In, Out any](name, doc string, run func(ctx context.Context, in In, out Out) (Exit, error), options ...Option) NodeType {
	s := newSpec(name, doc, reflect.TypeFor[In](), reflect.TypeFor[Out](), options)
	s.newInstance = func() *instance {
		in, out, constant := new(In), new(Out), new(In)
		i := &instance{
			input: reflect.ValueOf(in),
			keep:  func() { *constant = *in },
			reset: func() { *in = *constant },
			call:  func(ctx context.Context) (Exit, error) { return run(ctx, *in, *out) },
		}
		s.bind(i, reflect.ValueOf(out).Elem())
		return i
	}
	return NodeType{s}
}

// newSpec reads the tags of the structs of a node type. It and bind are what of
// Define does not depend on the structs, and is not compiled for each of them.
func newSpec(name, doc string, in, out reflect.Type, options []Option) *typeSpec {
	s := &typeSpec{name: name, doc: doc, inputType: in}
	for _, o := range options {
		o(s)
	}
	s.inputs = s.readInputs(in)
	s.readOutcomes(out)
	return s
}

// bind gives an instance the outcomes in a struct of them.
func (s *typeSpec) bind(i *instance, out reflect.Value) {
	for n, o := range s.outcomes {
		b := out.Field(o.index).Addr().Interface().(binder)
		i.slots, i.outs = append(i.slots, b.bind(i, n, i.slots)), append(i.outs, b)
	}
}

// problem records a contradiction for Registry.Add to report.
func (s *typeSpec) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("engine: node type %s: %w", s.name, fmt.Errorf(format, args...)))
}

// err is all contradictions in the type's tags.
func (s *typeSpec) err() error { return errors.Join(s.problems...) }

// input is the field of an input by its name, or nil.
func (s *typeSpec) input(name string) *field {
	for _, f := range s.inputs {
		if f.name == name {
			return f
		}
	}
	return nil
}

// outcome is the index of an outcome by its name, or -1.
func (s *typeSpec) outcome(name string) int {
	for i, o := range s.outcomes {
		if o.name == name {
			return i
		}
	}
	return -1
}

// evidence are the inputs that a proof of the type rests on: what the caller has typed,
// and what another node has verified.
func (s *typeSpec) evidence() []*field {
	return slices.DeleteFunc(slices.Clone(s.inputs), func(f *field) bool { return !f.evidence && !isVerified(f.typ) })
}
