package engine

// Body is data that an answer renders as JSON. It is rendered straight from
// the values of the run, piece by piece as the loader has prepared it. The zero
// Body is not set.
type Body struct {
	render func(dst []byte) ([]byte, error)
}

// IsSet reports whether the flow gives a body.
func (b Body) IsSet() bool { return b.render != nil }

// AppendJSON renders the body. It may be called only while the node runs.
func (b Body) AppendJSON(dst []byte) ([]byte, error) { return b.render(dst) }
