package flows

import "strings"

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
