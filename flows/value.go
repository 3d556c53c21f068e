package flows

// Kind says what a Value holds.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	List
	Map
)

var kindNames = [...]string{"null", "a boolean", "a whole number", "a number", "text", "a list", "a map"}

// String names the kind as a message would: "a boolean", "text", "a list".
func (k Kind) String() string { return kindNames[k] }

// Value is one YAML value with its place. Only the fields of its Kind are set.
// A nil *Value means that nothing was written.
type Value struct {
	Kind   Kind
	Pos    Pos
	Bool   bool
	Int    int64
	Float  float64
	Text   string   // of a String: decoded
	Parts  []Part   // of a String that holds ${{ … }}: its parts in order; else nil
	Items  []*Value // of a List
	Fields []Field  // of a Map, in written order, keys unique
}

// Field is one entry of a Map.
type Field struct {
	Key   Name
	Value *Value
}

// Get is the value under key, or nil.
func (v *Value) Get(key string) *Value {
	if f := v.field(key); f != nil {
		return f.Value
	}
	return nil
}

func (v *Value) field(key string) *Field {
	if v == nil {
		return nil
	}
	for i := range v.Fields {
		if v.Fields[i].Key.Text == key {
			return &v.Fields[i]
		}
	}
	return nil
}

// Part is a piece of text: either literal text, or the source of one
// expression without its ${{ and }}.
type Part struct {
	Pos     Pos    // of the text, or of the first rune of the expression's source
	Literal string // literal text; "" for an expression
	Expr    string // source of an expression, as written between ${{ and }} but for blanks around it
	IsExpr  bool
	Jumps   []Jump // of an expression; nil where its source stands in a row
}

// Jump says that the source of an expression goes on elsewhere than behind its
// last rune: on another line, or after an escape.
type Jump struct {
	Rune int // the first that stands there
	Pos  Pos
}

// At is the place of the nth rune of an expression's source.
func (p Part) At(n int) Pos {
	pos, first := p.Pos, 0
	for _, j := range p.Jumps {
		if j.Rune <= n {
			pos, first = j.Pos, j.Rune
		}
	}
	pos.Col += n - first
	return pos
}

// IsExpr reports whether v is one whole expression, which keeps its type.
func (v *Value) IsExpr() bool {
	return v != nil && len(v.Parts) == 1 && v.Parts[0].IsExpr
}

// Name is a word that was written at a place: a key, an id, a type.
type Name struct {
	Text string
	Pos  Pos
}

// IsSet reports whether the word was written at all.
func (n Name) IsSet() bool { return n.Text != "" }
