package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// step is one step of a path through a tree: a key, or the index of a list.
type step struct {
	key   string
	index int // -1 for a key
}

func (s step) String() string {
	if s.index < 0 {
		return strconv.Quote(s.key)
	}
	return "[" + strconv.Itoa(s.index) + "]"
}

// parsePath reads a path such as nodes[2].with.email. A key that has a dot or a
// bracket in it is quoted, as in with["a.b"].
func parsePath(path string) ([]step, error) {
	var steps []step
	for rest := path; rest != ""; {
		if inner, ok := strings.CutPrefix(rest, "["); ok {
			if strings.HasPrefix(inner, `"`) {
				quoted, err := strconv.QuotedPrefix(inner)
				if err != nil || !strings.HasPrefix(inner[len(quoted):], "]") {
					return nil, fmt.Errorf("flows: %q is no path", path)
				}
				key, _ := strconv.Unquote(quoted)
				steps = append(steps, step{key, -1})
				rest = inner[len(quoted)+1:]
				continue
			}
			digits, after, ok := strings.Cut(inner, "]")
			index, err := strconv.ParseUint(digits, 10, 31)
			if !ok || err != nil {
				return nil, fmt.Errorf("flows: %q is no path", path)
			}
			steps = append(steps, step{"", int(index)})
			rest = after
			continue
		}
		if len(steps) > 0 {
			var dot bool
			if rest, dot = strings.CutPrefix(rest, "."); !dot {
				return nil, fmt.Errorf("flows: %q is no path", path)
			}
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil, fmt.Errorf("flows: %q is no path", path)
		}
		steps = append(steps, step{rest[:end], -1})
		rest = rest[end:]
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("flows: the path is empty")
	}
	return steps, nil
}

// child is the value one step down, or nil.
func (v *Value) child(s step) *Value {
	switch {
	case s.index < 0:
		return v.Get(s.key)
	case s.index < len(v.Items):
		return v.Items[s.index]
	}
	return nil
}

// walk goes down as far as the steps exist. It returns the values passed, the
// root first, and the steps that are left.
func (v *Value) walk(steps []step) (passed []*Value, left []step) {
	passed = []*Value{v}
	for i, s := range steps {
		next := passed[i].child(s)
		if next == nil {
			return passed, steps[i:]
		}
		passed = append(passed, next)
	}
	return passed, nil
}

// same reports whether two trees say the same, wherever it stands.
func (v *Value) same(w *Value) bool {
	if v.Kind != w.Kind || v.Bool != w.Bool || v.Int != w.Int || v.Float != w.Float || v.Text != w.Text {
		return false
	}
	return slices.EqualFunc(v.Items, w.Items, (*Value).same) &&
		slices.EqualFunc(v.Fields, w.Fields, func(f, g Field) bool { return f.Key.Text == g.Key.Text && f.Value.same(g.Value) })
}

// put is a copy of the tree with next at the end of the steps; nil removes what
// stands there. Maps on the way are made where they are missing. What is not on
// the way is shared with v.
func (v *Value) put(steps []step, next *Value) *Value {
	if len(steps) == 0 {
		return next
	}
	s, rest := steps[0], steps[1:]
	if len(rest) > 0 {
		below := v.child(s)
		if below == nil || below.Kind == Null {
			below = &Value{Kind: Map}
		}
		next = below.put(rest, next)
	}
	changed := *v
	if s.index >= 0 {
		changed.Items = slices.Clone(v.Items)
		if next == nil {
			changed.Items = slices.Delete(changed.Items, s.index, s.index+1)
		} else {
			changed.Items[s.index] = next
		}
		return &changed
	}
	changed.Fields = slices.Clone(v.Fields)
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.Key.Text == s.key })
	switch {
	case next == nil:
		changed.Fields = slices.Delete(changed.Fields, i, i+1)
	case i >= 0:
		changed.Fields[i].Value = next
	default:
		changed.Fields = append(changed.Fields, Field{Name{Text: s.key}, next})
	}
	return &changed
}
