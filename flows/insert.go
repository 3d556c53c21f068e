package flows

import (
	"fmt"
	"slices"
	"strings"
)

// Insert puts an item into the list at a path such as "nodes", before the item
// that has the index, or at the end if index is the length of the list. Values
// are those of Set. Comments above an item stay with it, and items that are set
// apart by blank lines stay so.
func (f *File) Insert(path string, index int, item any) error {
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	next, err := valueOf(item)
	if err != nil {
		return err
	}
	passed, left := f.root.walk(steps)
	list := passed[len(passed)-1]
	if len(left) > 0 || list.Kind != List || len(list.Items) == 0 {
		if index != 0 || len(left) == 0 && list.Kind != Null && list.Kind != List {
			return fmt.Errorf("flows: there is no list item %d at %s", index, path)
		}
		return f.set(steps, &Value{Kind: List, Items: []*Value{next}})
	}
	if index < 0 || index > len(list.Items) {
		return fmt.Errorf("flows: there is no list item %d at %s", index, path)
	}
	longer := *list
	longer.Items = slices.Insert(slices.Clone(list.Items), index, next)
	want := f.root.put(steps, &longer)
	if f.inFlow(passed) {
		return f.apply(f.insertFlow(list, index, next), want)
	}
	var ways []splice
	for _, noBlocks := range []bool{false, true} {
		text := f.encoder(noBlocks).lines(&Value{Kind: List, Items: []*Value{next}}, list.Pos.Col-1)
		ways = append(ways, f.insertLines(list, index, text))
	}
	return f.firstOf(want, ways...)
}

func (f *File) insertFlow(list *Value, index int, item *Value) splice {
	text := f.encoder(true).flow(item)
	if index == len(list.Items) {
		end := f.src.span(list.Items[index-1]).end
		return splice{span{end, end}, ", " + text}
	}
	start := f.src.start(list.Items[index].Pos)
	return splice{span{start, start}, text + ", "}
}

// insertLines puts lines behind the item before the index.
func (f *File) insertLines(list *Value, index int, text string) splice {
	lineBreak := f.src.lineBreak()
	gap := ""
	if f.isApart(list) {
		gap = lineBreak
	}
	if index == 0 {
		at := f.src.lineStart(f.src.start(list.Pos))
		return splice{span{at, at}, text + lineBreak + gap}
	}
	at := f.src.lineEnd(f.itemEnd(list.Items[index-1]))
	// Comments that stand deeper than the dash belong to the item above.
	for next := f.src.nextLine(at); next < len(f.src.text) && next > at; next = f.src.nextLine(next) {
		line := f.src.text[next:f.src.lineEnd(next)]
		margin := leadingBlanks(line)
		if margin < list.Pos.Col || !strings.HasPrefix(line[margin:], "#") {
			break
		}
		at = f.src.lineEnd(next)
	}
	return splice{span{at, at}, lineBreak + gap + text}
}

// itemEnd is where a list item ends, at least behind its dash.
func (f *File) itemEnd(item *Value) int {
	return max(f.src.span(item).end, f.src.start(item.Pos))
}

// isApart reports whether blank lines stand between the items of a list.
func (f *File) isApart(list *Value) bool {
	for i := 1; i < len(list.Items); i++ {
		from := f.src.nextLine(f.itemEnd(list.Items[i-1]))
		to := f.src.lineStart(f.src.start(list.Items[i].Pos))
		for line := range strings.Lines(f.src.text[min(from, to):to]) {
			if strings.TrimSpace(line) == "" {
				return true
			}
		}
	}
	return false
}
