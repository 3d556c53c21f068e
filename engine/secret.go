package engine

// Secret is a text that must not reach a log, a trace or an answer by
// accident: it prints and encodes as "[secret]". The zero Secret is empty.
type Secret struct {
	text string
}

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the text itself. Search for this word to find every place that
// handles secrets in the clear.
func (s Secret) Reveal() string { return s.text }

// IsEmpty reports whether there is no text.
func (s Secret) IsEmpty() bool { return s.text == "" }

const masked = "[secret]"

// String is "[secret]", so that a Secret can be formatted without harm.
func (s Secret) String() string { return masked }

// GoString is "[secret]" too: %#v must not show what %v hides.
func (s Secret) GoString() string { return masked }

// MarshalText is "[secret]": encoders of other packages see nothing else.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
