package flows

import "strings"

// unfoldings write the one-line maps under with and next that hold expressions
// in block style, where expressions need no quotes.
func (f *File) unfoldings() []splice {
	var splices []splice
	f.unfoldBelow(f.root, false, &splices)
	return splices
}

// unfoldBelow looks for such maps in a list or map in block style; within says
// that it is part of a with.
func (f *File) unfoldBelow(v *Value, within bool, splices *[]splice) {
	if f.src.isFlow(v) {
		return
	}
	for _, item := range v.Items {
		f.unfoldBelow(item, within, splices)
	}
	for _, field := range v.Fields {
		within := within || field.Key.Text == "with" || field.Key.Text == "next"
		if !within || !f.src.isFlow(field.Value) || field.Value.expression() == nil {
			f.unfoldBelow(field.Value, within, splices)
			continue
		}
		where := f.src.span(field.Value)
		behind, _ := f.src.colon(field.Key)
		if strings.Contains(f.src.text[behind:where.end], "\n") {
			continue
		}
		// What stands behind the map, a comment, stays behind the key.
		end := f.src.lineEnd(where.end)
		lines := f.unfolded(field.Value, field.Key.Pos.Col-1+2)
		*splices = append(*splices, splice{span{behind, where.end}, ""}, splice{span{end, end}, lines})
	}
}

// unfolded writes a list or map that stands in one line, one entry a line, each
// with a line break before it.
func (f *File) unfolded(v *Value, indent int) string {
	margin := f.src.lineBreak() + strings.Repeat(" ", indent)
	var b strings.Builder
	for _, item := range v.Items {
		written := f.unfoldedValue(item, indent+2)
		if item.Kind == Map || item.Kind == List {
			// The first entry stands behind the dash.
			written = " " + strings.TrimLeft(written, " \r\n")
		}
		b.WriteString(margin + "-" + written)
	}
	for _, field := range v.Fields {
		key := f.src.key(field.Key)
		b.WriteString(margin + f.src.text[key.start:key.end] + ":" + f.unfoldedValue(field.Value, indent+2))
	}
	return b.String()
}

// unfoldedValue writes a value as it was written, but for expressions.
func (f *File) unfoldedValue(v *Value, indent int) string {
	where := f.src.span(v)
	switch {
	case where.start == where.end:
		return ""
	case v.expression() == nil:
		return " " + f.src.text[where.start:where.end]
	case v.Kind == String && isPlain(v.Text, false):
		return " " + v.Text
	case v.Kind == String:
		return " " + f.src.text[where.start:where.end]
	}
	return f.unfolded(v, indent)
}
