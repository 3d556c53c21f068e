package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// writeMarkdown writes a page of reference: a section for each node type.
func writeMarkdown(w io.Writer, docs []engine.TypeDoc) error {
	fmt.Fprintln(w, "# Node types")
	for _, d := range docs {
		fmt.Fprintf(w, "\n## %s\n\n%s\n", d.Name, d.Doc)
		if notes := notesOf(d); len(notes) > 0 {
			fmt.Fprintf(w, "\n%s\n", strings.Join(notes, " "))
		}
		if len(d.Inputs) > 0 {
			fmt.Fprint(w, "\n| with | type | |\n|---|---|---|\n")
			markFields(w, d.Inputs, "")
		}
		if len(d.Outcomes) > 0 {
			fmt.Fprint(w, "\nOutcomes, the default first:\n\n")
		}
		for _, o := range d.Outcomes {
			fmt.Fprintf(w, "- `%s`%s", o.Name, strings.TrimPrefix(headOf(o), o.Name))
			if o.Doc != "" {
				fmt.Fprintf(w, ". %s", o.Doc)
			}
			fmt.Fprintln(w)
		}
		for _, o := range d.Outcomes {
			if len(o.Outputs) > 0 {
				fmt.Fprintf(w, "\n| outputs of `%s` | type | |\n|---|---|---|\n", o.Name)
				markFields(w, o.Outputs, "")
			}
		}
		if d.Example != "" {
			fmt.Fprintf(w, "\n```yaml\n%s\n```\n", strings.Trim(d.Example, "\n"))
		}
	}
	return nil
}

func markFields(w io.Writer, fields []engine.FieldDoc, under string) {
	for _, f := range fields {
		name := under + f.Name
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", name, cell(typeText(f)), cell(strings.TrimSpace(f.Doc+traits(f))))
		markFields(w, f.Fields, name+".")
	}
}

// cell is a text that does not end a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
