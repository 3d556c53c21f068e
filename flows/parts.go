package flows

import (
	"strings"
	"unicode/utf8"
)

// parts splits a text that holds ${{ into its parts and gives each its place.
func (r *reader) parts(v *Value, t trace, how style) {
	pieces, open, why := split(v.Text)
	if open >= 0 {
		r.unclosed(v, t, how, open, why)
		return
	}
	v.Parts = make([]Part, len(pieces))
	for i, p := range pieces {
		part := Part{Pos: r.src.pos(t.offset(p.start)), IsExpr: p.isExpr}
		if p.isExpr {
			part.Expr = v.Text[p.start:p.end]
			part.Jumps = r.jumps(part.Expr, p.start, t)
		} else {
			part.Literal = v.Text[p.start:p.end]
		}
		if p.isExpr && part.Expr == "" {
			r.report(part.Pos, "empty-expression", "an expression must not be empty", "")
			r.bad[v] = true
		}
		v.Parts[i] = part
	}
}

// jumps are the places where a text, which begins at byte start of a scalar, does
// not go on behind its last rune in the source.
func (r *reader) jumps(text string, start int, t trace) []Jump {
	if t.at == nil {
		return nil
	}
	var jumps []Jump
	n, next := 0, t.offset(start)
	for i, c := range text {
		at := t.offset(start + i)
		if at != next || i > 0 && text[i-1] == '\n' {
			jumps = append(jumps, Jump{n, r.src.pos(at)})
		}
		next = at + utf8.RuneLen(c)
		n++
	}
	return jumps
}

// unclosed reports an expression without end. The usual cause is YAML itself:
// text without quotes ends where a blank and a # follow.
func (r *reader) unclosed(v *Value, t trace, how style, open int, why string) {
	r.bad[v] = true
	pos := r.src.pos(t.offset(open))
	message, hint := "the expression that begins here has no }}", "close it with }}"
	if why != "" {
		message, hint = message+": "+why, ""
	}
	rest, _, _ := strings.Cut(r.src.text[t.end:], "\n")
	if how == plain && strings.HasPrefix(strings.TrimLeft(rest, " \t"), "#") {
		message = "the expression that begins here is cut off at \" #\", where YAML begins a comment"
		hint = "quote the value: " + quote(v.Text+strings.TrimRight(rest, " \t\r"))
	}
	r.report(pos, "unclosed-expression", message, hint)
}
