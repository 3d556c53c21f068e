package engine

import "slices"

// How much a caller may send is estimated from above, by how many bytes an input can
// have.

// How much is taken for granted of what no caller decides, and how much may be in a
// variable of let.
const (
	storedItems = 100
	storedBytes = 256
	letBytes    = 256
)

// mayBeTooMuch reports whether a caller may send so much that an expression has too
// much to do. What is stored does not count: a caller cannot choose how much that is.
func (e *enumeration) mayBeTooMuch(x *expression) bool {
	s := &sizes{enumeration: e, x: x}
	total := 0
	for _, p := range x.effort.pays {
		total += p.weight * s.units(p.reads)
	}
	for _, l := range x.effort.loops {
		turns, sent := 0, s.isSent(l.list)
		for _, i := range l.list.vars {
			turns += s.items(x.vars[i])
		}
		each := l.units
		for _, p := range l.pays {
			each += p.weight * s.units(p.reads)
			total += p.weight * s.units(l.list) // its elements, turn by turn
			sent = sent || s.isSent(p.reads)
		}
		if sent {
			total += max(turns, 1) * each
		}
	}
	for _, args := range x.effort.makers {
		sent, product := false, 1
		for _, in := range args {
			sent = sent || s.isSent(in)
			product *= min(1+s.bytes(in), maxTextResult+1)
			product = min(product, maxTextResult+1)
		}
		if sent && product > maxTextResult {
			return true
		}
	}
	return s.tooLarge || total > workBudget
}

// sizes is how much the variables of an expression may hold.
type sizes struct {
	*enumeration
	x        *expression
	tooLarge bool // something of a caller's, in a variable of let
}

// isSent reports whether any of what is read is a caller's.
func (s *sizes) isSent(in reading) bool {
	return slices.ContainsFunc(slices.Concat(in.vars, in.lets), func(i int) bool { return s.sent(s.x.vars[i]) > 0 })
}

// units is the work of reading what callers have sent once.
func (s *sizes) units(in reading) int {
	total := 0
	for _, i := range in.vars {
		n := s.sent(s.x.vars[i])
		switch {
		case n == 0:
		case classOf(plainType(baseType(s.x.vars[i].typ))) == cText:
			total += n/bytesPerWork + 1
		default:
			total += n * workPerElement
		}
	}
	for _, i := range in.lets {
		s.tooLarge = s.tooLarge || s.sent(s.x.vars[i]) > letBytes
	}
	return total
}

// bytes is how much the value of a part may have of text.
func (s *sizes) bytes(in reading) int {
	total := in.constant
	for _, i := range slices.Concat(in.vars, in.lets) {
		if n := s.sent(s.x.vars[i]); n > 0 {
			total += n
		} else {
			total += storedBytes
		}
	}
	return total
}

// items is how many elements a variable may have.
func (s *sizes) items(p *place) int {
	if n := s.sent(p); n > 0 {
		return n
	}
	return storedItems
}

// sent is how many bytes of what a caller has sent may be in a place.
func (e *enumeration) sent(p *place) int {
	limit := e.app.bodyLimit()
	switch {
	case p.root == "request":
		return requestBytes
	case len(p.alts) > 0:
		most := 0
		for _, alt := range p.alts {
			most = max(most, e.sent(alt))
		}
		return most
	case p.arg == nil:
		return 0
	case p.arg.value != nil:
		n, known := e.sizes[p.arg]
		if !known {
			for _, in := range p.arg.value.places() {
				n = min(n+e.sent(in), limit)
			}
			e.sizes[p.arg] = n
		}
		return n
	case p.arg.input == nil:
		return 0
	}
	return p.arg.input.schema.most(limit)
}

// requestBytes is how long what is known of a request itself may be, such as its path.
const requestBytes = 8 << 10

// most is how many bytes what passes s may have, in a body of so many.
func (s *schema) most(limit int) int {
	const scalars = jsonString | jsonInteger | jsonNumber | jsonBoolean | jsonNull
	switch {
	case s.enum != nil, s.types != 0 && s.types&^(scalars&^jsonString) == 0:
		return 64
	case s.types == 0, s.types&jsonObject != 0:
		return limit
	case s.types&jsonArray != 0:
		if s.maxItems < 0 || s.items == nil {
			return limit
		}
		return min(limit, s.maxItems*min(limit, s.items.most(limit)+2))
	case s.format != nil:
		return 256
	case s.maxLength < 0:
		return limit
	}
	return min(limit, 4*s.maxLength)
}

// mayOverflow reports whether a value that is written as JSON, though not as an
// answer, may become larger than an answer may be.
func (e *enumeration) mayOverflow(v *value) bool {
	if v == nil || v.want != bodyType {
		return false
	}
	const escaped = 6 // bytes of a character such as \u0000
	total := 0
	for _, p := range v.places() {
		total += e.sent(p) * escaped
	}
	return total > maxAnswer
}
