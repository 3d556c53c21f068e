package flows

import (
	"fmt"
	"slices"
	"strings"
)

// Set puts a value at a path such as "nodes[2].with.email" or
// `input["email"].maxLength`. Maps on the way are made where they are missing;
// list items are not, see Insert. The value is nil, a bool, a number, a string, a
// []any, a map[string]any (written in the order of its keys) or a *Value. Strings
// may hold expressions.
func (f *File) Set(path string, value any) error {
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	next, err := valueOf(value)
	if err != nil {
		return err
	}
	return f.set(steps, next)
}

// SetEdge wires an outcome of the node with an id to another node.
func (f *File) SetEdge(node, outcome, to string) error {
	steps, err := f.edge(node, outcome)
	if err != nil {
		return err
	}
	return f.set(steps, &Value{Kind: String, Text: to})
}

// edge is the path of an edge.
func (f *File) edge(node, outcome string) ([]step, error) {
	nodes := f.root.Get("nodes")
	if nodes != nil {
		for i, n := range nodes.Items {
			if id := n.Get("id"); id != nil && id.Text == node {
				return []step{{"nodes", -1}, {"", i}, {"next", -1}, {outcome, -1}}, nil
			}
		}
	}
	return nil, fmt.Errorf("flows: there is no node %q", node)
}

func (f *File) set(steps []step, next *Value) error {
	passed, left := f.root.walk(steps)
	last := passed[len(passed)-1]
	if len(left) == 0 {
		return f.overwrite(steps, passed, next)
	}
	if slices.ContainsFunc(left, func(s step) bool { return s.index >= 0 }) {
		return fmt.Errorf("flows: there is no list item %s", left[0])
	}
	want := f.root.put(steps, next)
	// What is added under the last value that exists: the missing maps around
	// the new value.
	added := &Value{Kind: Map, Fields: []Field{{Name{Text: left[len(left)-1].key}, next}}}
	for i := len(left) - 2; i >= 0; i-- {
		added = &Value{Kind: Map, Fields: []Field{{Name{Text: left[i].key}, added}}}
	}
	switch {
	case last.Kind == Map && len(last.Fields) > 0:
		return f.firstOf(want, f.appended(last, added)...)
	case last.Kind == Map || last.Kind == Null:
		return f.overwrite(steps[:len(steps)-len(left)], passed, added)
	}
	return fmt.Errorf("flows: %s is not in a map", left[0])
}

// appended are the ways to add the entries of a map to the end of another.
func (f *File) appended(to, added *Value) []splice {
	field := added.Fields[0]
	last := to.Fields[len(to.Fields)-1]
	end := f.src.fieldEnd(last)
	if f.src.isFlow(to) {
		e := f.encoder(false)
		text := strings.TrimSuffix(strings.TrimPrefix(e.flow(added), "{"), "}")
		if rest := strings.TrimLeft(f.src.text[end:], " \t"); strings.HasPrefix(rest, ",") {
			end += strings.IndexByte(f.src.text[end:], ',') + 1
			return []splice{{span{end, end}, " " + text}}
		}
		return []splice{{span{end, end}, ", " + text}}
	}
	indent := to.Fields[0].Key.Pos.Col - 1
	at := f.src.lineEnd(end)
	var ways []splice
	for _, noBlocks := range []bool{false, true} {
		text := f.encoder(noBlocks).lines(&Value{Kind: Map, Fields: []Field{field}}, indent)
		ways = append(ways, splice{span{at, at}, f.src.lineBreak() + text})
	}
	return ways
}

func (f *File) encoder(noBlocks bool) encoder {
	return encoder{lineBreak: f.src.lineBreak(), noBlocks: noBlocks}
}

// overwrite replaces the value at the end of the steps; passed are the values on
// the way, that value last.
func (f *File) overwrite(steps []step, passed []*Value, next *Value) error {
	want := f.root.put(steps, next)
	if len(steps) == 0 {
		all := span{f.src.start(f.root.Pos), len(f.src.text)}
		return f.apply(splice{all, f.encoder(false).lines(next, 0) + f.src.lineBreak()}, want)
	}
	old, parent := passed[len(passed)-1], passed[len(passed)-2]
	where := f.src.span(old)
	// indent is that of lines below the key or dash.
	var indent int
	if s := steps[len(steps)-1]; s.index < 0 {
		key := parent.field(s.key).Key
		indent = key.Pos.Col - 1 + 2
		behind, found := f.src.colon(key)
		if where.start == where.end || where.start < behind {
			where = span{behind, behind}
		}
		if !found {
			return f.apply(splice{where, ": " + f.encoder(true).flow(next)}, want)
		}
	} else {
		indent = parent.Pos.Col - 1 + 2
	}
	if f.inFlow(passed[:len(passed)-1]) {
		return f.apply(splice{where, padded(f.src.text, where, f.encoder(true).flow(next))}, want)
	}
	// The blanks and line breaks before the old value go with it.
	lead := strings.TrimRight(f.src.text[:where.start], " \t\r\n")
	var ways []splice
	for _, noBlocks := range []bool{false, true} {
		text := f.encoder(noBlocks).field(steps[len(steps)-1].key, next, indent)
		if where.start == where.end || len(lead) < f.src.lineStart(where.start) {
			ways = append(ways, splice{span{min(len(lead), where.start), where.end}, text})
		} else if strings.HasPrefix(text, " ") {
			ways = append(ways, splice{where, text[1:]})
		} else {
			ways = append(ways, splice{span{len(lead), where.end}, text})
		}
	}
	// A comment behind a value would end up in the wrong place behind several
	// lines; in one line all is well.
	return f.firstOf(want, append(ways, splice{where, padded(f.src.text, where, f.encoder(true).flow(next))})...)
}

// inFlow reports whether a value stands between brackets; passed are the values
// around it.
func (f *File) inFlow(passed []*Value) bool {
	return slices.ContainsFunc(passed, f.src.isFlow)
}

// padded puts a blank before a text that would else touch a colon or comma.
func padded(source string, where span, text string) string {
	if where.start > 0 && strings.IndexByte(":,-", source[where.start-1]) >= 0 {
		return " " + text
	}
	return text
}
