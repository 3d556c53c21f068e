package engine

// None is the type of an outcome that carries no outputs.
type None struct{}

// Outcome is one exit of a node type, as a field of its outcomes struct. T is
// a struct of the outputs that the exit carries, or None.
//
// The engine binds outcomes before a node runs; the zero Outcome belongs to no
// node, and an Exit made from it is refused.
type Outcome[T any] struct {
	slot  *T // that it writes
	owner *instance
	index int

	taken *T // of a type from outside: where what it wrote goes when the node leaves by it
}

// Exit leaves the node by this outcome with its outputs.
func (o Outcome[T]) Exit(outputs T) Exit {
	if o.slot == nil {
		return Exit{}
	}
	*o.slot = outputs
	return Exit{owner: o.owner, index: o.index}
}

// Exit tells by which outcome a node leaves. It is made by Outcome.Exit, and
// counts for the node only for which that outcome was made: a zero or
// borrowed Exit fails the run.
type Exit struct {
	owner *instance
	index int
	kept  *Kept
}

// Kept is what is known of a proof that was made before: in another run, out of
// which a token or a challenge was kept.
type Kept struct {
	Factors []Factor // that were checked then
	Actor   string   // who acts for the user; see Proof.Actor
	Ceiling Instant  // the end that no session opened by it may outlive; 0 for none

	Challenge string // by which it was kept, if it was; see Proof.Challenge
	Origin    string // in which it was kept, if it was in a session; see Proof.Origin
}

// Keeping is the exit of a node whose outcome proves what was proved before. Only
// standard node types can leave so; for others it fails the run.
func (e Exit) Keeping(k Kept) Exit {
	e.kept = &k
	return e
}

// binder is what the engine needs of an Outcome field, whatever its T.
type binder interface {
	bind(owner *instance, index int, shared []any) (slot any)
	outputs() any
	shield()
	take()
	clear()
}

// bind makes the slot that the outcome writes and gives it back as *T. Outcomes
// with the same outputs share one: a run leaves by one of them only.
func (o *Outcome[T]) bind(owner *instance, index int, shared []any) any {
	o.owner, o.index = owner, index
	for _, s := range shared {
		if slot, ok := s.(*T); ok {
			o.slot = slot
			return slot
		}
	}
	o.slot = new(T)
	return o.slot
}

// shield gives the outcome memory of its own to write into. One that a node keeps does not
// change then what the node has left with.
func (o *Outcome[T]) shield() { o.slot, o.taken = new(T), o.slot }

// take takes over what it wrote there, and leaves nothing.
func (o *Outcome[T]) take() {
	var zero T
	*o.taken, *o.slot = *o.slot, zero
}

// clear forgets the outputs.
func (o *Outcome[T]) clear() {
	var zero T
	if *o.slot = zero; o.taken != nil {
		*o.taken = zero
	}
}

// outputs is a nil *T, for its type.
func (o *Outcome[T]) outputs() any { return (*T)(nil) }
