package flows

import "strconv"

// Pos is a place in a file. Line and Col start at 1; Col counts runes.
// The zero Pos stands for "no place".
type Pos struct {
	File string
	Line int
	Col  int
}

// IsValid reports whether p names a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String is file:line:col, or just the file where there is no line.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// Shift is the place n runes to the right, on the same line.
func (p Pos) Shift(n int) Pos {
	p.Col += n
	return p
}
