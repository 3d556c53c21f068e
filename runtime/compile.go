package runtime

import (
	"fmt"
	"path"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// Compile compiles what Load has read. Together with the problems that were
// found in reading it gives all problems at once: a file that could not be read
// whole is compiled as far as it goes, so that others find it by its name, but
// what the compiler says of it, or of a flow that uses it, would only follow from
// the first mistake and is left out.
//
// A mistake of the compiler itself is a problem of its own, and no end of a process
// that serves.
func Compile(c *engine.Compiler, app *engine.App, set []*flows.Flow, found flows.Diagnostics) (bundle *engine.Bundle, diags flows.Diagnostics) {
	defer func() {
		if p := recover(); p != nil {
			bundle = nil
			diags = slices.Clone(found)
			diags.Add(flows.Pos{File: app.File}, "internal-error", fmt.Sprintf("the flows cannot be compiled: %v", p), "this is a mistake of Latchwork; please report it with the flow that was changed last")
			diags.Sort()
		}
	}()
	bundle, diags = c.Compile(app, set)
	if len(found) == 0 {
		return bundle, diags
	}
	broken := map[string]bool{} // files
	for _, d := range found {
		broken[d.Pos.File] = true
		if path.Base(d.Pos.File) == ConfigFile && app.File == "" {
			// Nothing of app.yaml could be read, so any flow may miss something.
			return nil, found
		}
	}
	for spread := true; spread; {
		spread = false
		for _, f := range set {
			if !broken[f.File] && usesOneOf(f, set, broken) {
				broken[f.File], spread = true, true
			}
		}
	}
	diags = slices.DeleteFunc(diags, func(d flows.Diagnostic) bool { return broken[d.Pos.File] })
	diags = append(diags, found...)
	diags.Sort()
	return nil, diags
}

// usesOneOf reports whether a flow uses another whose file is broken.
func usesOneOf(f *flows.Flow, set []*flows.Flow, broken map[string]bool) bool {
	return slices.ContainsFunc(set, func(sub *flows.Flow) bool { return broken[sub.File] && f.Uses(sub) })
}
