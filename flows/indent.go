package flows

import "strings"

// indentation moves lines so that each level of lists and maps in block style
// stands two blanks deeper than the one above it.
func (f *File) indentation() []splice {
	in := indenter{src: f.src, lines: make([]lineShift, len(f.src.lines)+2)}
	in.value(f.root, 0)
	in.comments()
	for i, start := range f.src.lines {
		shift, text := in.lines[i+1], f.src.line(i+1)
		switch {
		case text == "" || !shift.known && strings.TrimSpace(text) == "":
		case shift.by > 0:
			in.splices = append(in.splices, splice{span{start, start}, strings.Repeat(" ", shift.by)})
		case shift.by < 0:
			in.splices = append(in.splices, splice{span{start, start + min(-shift.by, leadingBlanks(text))}, ""})
		}
	}
	return in.splices
}

// lineShift is how far a line moves to the right.
type lineShift struct {
	by    int
	known bool
	entry bool // the line begins with a key or a dash
}

// indenter finds out how far lines move.
type indenter struct {
	src     *source
	lines   []lineShift // by number, from 1
	splices []splice    // of the gaps behind dashes
}

// value places a list or map in block style at an indentation, and what is below
// it two deeper.
func (in *indenter) value(v *Value, indent int) {
	if in.src.isFlow(v) {
		return
	}
	end := 0
	for i, item := range v.Items {
		dash := in.src.start(v.Pos)
		if i > 0 {
			dash = in.nextDash(end, v.Pos.Col)
		}
		start := in.src.start(item.Pos)
		line := in.entry(dash, indent)
		if gap := (span{dash + 1, start}); item.Pos.Line == line && gap.end > gap.start && in.src.text[gap.start:gap.end] != " " {
			in.splices = append(in.splices, splice{gap, " "})
		}
		in.below(item, line, indent)
		end = max(in.src.span(item).end, start)
	}
	for _, f := range v.Fields {
		line := in.entry(in.src.start(f.Key.Pos), indent)
		in.below(f.Value, line, indent)
	}
}

// nextDash is the dash in a column behind an offset.
func (in *indenter) nextDash(from, col int) int {
	for at := in.src.nextLine(from); at < len(in.src.text); at = in.src.nextLine(at) {
		dash := at + leadingBlanks(in.src.text[at:])
		if dash-at == col-1 && strings.HasPrefix(in.src.text[dash:], "-") {
			return dash
		}
	}
	return from
}

// entry places the line that begins with the key or dash at an offset. One that
// stands behind another dash goes where that one goes.
func (in *indenter) entry(at, indent int) (line int) {
	pos := in.src.pos(at)
	start := in.src.lineStart(at)
	if margin := at - start; strings.TrimLeft(in.src.text[start:at], " ") == "" {
		in.lines[pos.Line] = lineShift{by: indent - margin, known: true, entry: true}
	}
	return pos.Line
}

// below places what stands under a key or dash in a line.
func (in *indenter) below(v *Value, line, indent int) {
	if !in.src.isFlow(v) && (v.Kind == List || v.Kind == Map) {
		in.value(v, indent+2)
		return
	}
	where := in.src.span(v)
	if first := in.src.pos(where.start).Line; first > line && where.end > where.start {
		start := in.src.lineStart(where.start)
		in.lines[first] = lineShift{by: indent + 2 - (where.start - start), known: true, entry: true}
		line = first
	}
	for next := line + 1; next <= in.src.pos(where.end).Line; next++ {
		in.lines[next] = lineShift{by: in.lines[line].by, known: true}
	}
}

// comments moves the lines that stand between entries: with the next entry if
// they are as deep as it, else with the one before.
func (in *indenter) comments() {
	for line := 1; line < len(in.lines)-1; line++ {
		if in.lines[line].known {
			continue
		}
		margin := leadingBlanks(in.src.line(line))
		next, before := line+1, line-1
		for next < len(in.lines)-1 && !in.lines[next].entry {
			next++
		}
		for before > 0 && !in.lines[before].entry {
			before--
		}
		switch {
		case in.lines[next].entry && leadingBlanks(in.src.line(next)) == margin:
			in.lines[line].by = in.lines[next].by
		case before > 0 && margin > 0:
			in.lines[line].by = max(in.lines[before].by, -margin)
		}
	}
}
