package flows

import (
	"fmt"
	"strings"
)

// Remove takes out the entry of a map or the item of a list at a path, with a
// comment behind it. Comments in lines of their own stay. A map or list that
// becomes empty is written as {} or [].
func (f *File) Remove(path string) error {
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	return f.remove(steps)
}

// RemoveEdge takes out the edge of an outcome; without edges, next goes too.
func (f *File) RemoveEdge(node, outcome string) error {
	steps, err := f.edge(node, outcome)
	if err != nil {
		return err
	}
	if passed, left := f.root.walk(steps); len(left) == 0 && len(passed[len(passed)-2].Fields) == 1 {
		steps = steps[:len(steps)-1]
	}
	return f.remove(steps)
}

func (f *File) remove(steps []step) error {
	passed, left := f.root.walk(steps)
	if len(left) > 0 {
		return fmt.Errorf("flows: there is no %s", left[0])
	}
	want := f.root.put(steps, nil)
	within, last := passed[len(passed)-2], steps[len(steps)-1]
	if len(within.Fields)+len(within.Items) == 1 {
		if len(steps) == 1 {
			return fmt.Errorf("%w: %s is all there is", ErrEdit, last)
		}
		return f.overwrite(steps[:len(steps)-1], passed[:len(passed)-1], &Value{Kind: within.Kind})
	}
	var entries []span // of the map or list, in order
	at := 0
	for i, item := range within.Items {
		if i == last.index {
			at = i
		}
		entries = append(entries, span{f.src.start(item.Pos), f.itemEnd(item)})
	}
	for i, field := range within.Fields {
		if field.Key.Text == last.key {
			at = i
		}
		entries = append(entries, span{f.src.start(field.Key.Pos), f.src.fieldEnd(field)})
	}
	if f.inFlow(passed[:len(passed)-1]) {
		return f.apply(splice{betweenCommas(entries, at), ""}, want)
	}
	return f.apply(splice{f.wholeLines(within, entries, at), ""}, want)
}

// betweenCommas is an entry with the comma that goes with it.
func betweenCommas(entries []span, at int) span {
	if at == 0 {
		return span{entries[0].start, entries[1].start}
	}
	return span{entries[at-1].end, entries[at].end}
}

// wholeLines are the lines of an entry. The first key behind a dash has no line
// of its own; there the next key moves up. One of two blank lines around an entry
// goes with it.
func (f *File) wholeLines(within *Value, entries []span, at int) span {
	entry := entries[at]
	start, end := f.src.lineStart(entry.start), f.src.nextLine(entry.end)
	lead := f.src.text[start:entry.start]
	if within.Kind == List {
		lead = strings.TrimSuffix(strings.TrimRight(lead, " "), "-")
	}
	if strings.TrimSpace(lead) != "" {
		if at+1 < len(entries) && f.src.nextLine(entry.end) == f.src.lineStart(entries[at+1].start) {
			return span{entry.start, entries[at+1].start}
		}
		return span{entry.start, f.src.lineEnd(entry.end)}
	}
	before := f.src.text[:start]
	if start == 0 || strings.HasSuffix(before, "\n\n") || strings.HasSuffix(before, "\r\n\r\n") {
		if line := f.src.text[end:f.src.nextLine(end)]; line != "" && strings.TrimSpace(line) == "" {
			end = f.src.nextLine(end)
		}
	}
	return span{start, end}
}
