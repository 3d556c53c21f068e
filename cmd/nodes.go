package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
)

// functionJSON is one function in what nodes --functions --json prints.
type functionJSON struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Doc       string `json:"doc"`
	Example   string `json:"example"`
	Result    string `json:"result"` // of the example, in JSON
}

func (p *program) nodesCommand() *cobra.Command {
	var asJSON, asMarkdown, functions bool
	c := &cobra.Command{
		Use:   "nodes [name]",
		Short: "Explain node types, and the functions of expressions",
		Long: `nodes lists the node types that flows can use, those of this program included, or
explains one: its inputs, its outcomes with what each proves, its outputs, and an
example. With --functions it lists the functions that expressions can call.

--json prints a list of {name, doc, inputs, outcomes, example, …}, as the schema of
flow files has it; --md prints a page of reference.`,
		Args: between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case asJSON && asMarkdown:
				return usage("nodes takes --json or --md, not both")
			case functions && (len(args) > 0 || asMarkdown):
				return usage("nodes --functions takes no other flag than --json")
			case functions:
				return p.functions(asJSON)
			}
			docs, err := p.describe(args)
			switch {
			case err != nil:
				return err
			case asJSON:
				return p.printJSON(docs)
			case asMarkdown:
				return writeMarkdown(p.stdout, docs)
			case len(args) == 0:
				return p.listNodes(docs)
			}
			return writeNode(p.stdout, docs[0])
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&asMarkdown, "md", false, "print Markdown")
	c.Flags().BoolVar(&functions, "functions", false, "list the functions of expressions")
	return c
}

// describe describes all node types and forms of the language, or the one that
// is named.
func (p *program) describe(args []string) ([]engine.TypeDoc, error) {
	c, err := p.compiler(standard.Deps{})
	if err != nil {
		return nil, err
	}
	byName := map[string]engine.TypeDoc{}
	for _, d := range append(c.Types.Describe(), engine.FormDocs()...) {
		byName[d.Name] = d
	}
	names := slices.Sorted(maps.Keys(byName))
	if len(args) == 0 {
		args = names
	}
	var docs []engine.TypeDoc
	for _, name := range args {
		d, known := byName[name]
		if !known {
			return nil, unknownType(name, names)
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// unknownType is the mistake of asking for a node type that there is none of.
func unknownType(name string, known []string) error {
	e := &usageError{text: fmt.Sprintf("no node type is named %s", name)}
	if meant := flows.Suggest(name, known); meant != "" {
		e.hint = "did you mean " + meant + "?"
	}
	return e
}

func (p *program) listNodes(docs []engine.TypeDoc) error {
	var lines [][]string
	for _, d := range docs {
		lines = append(lines, []string{d.Name, d.Doc})
	}
	return table(p.stdout, lines)
}

func (p *program) functions(asJSON bool) error {
	list := []functionJSON{}
	var lines [][]string
	for _, f := range engine.FunctionList() {
		list = append(list, functionJSON{f.Name, f.Signature, f.Doc, f.Example, f.Result})
		lines = append(lines, []string{f.Signature, f.Doc, f.Example + " → " + f.Result})
	}
	if asJSON {
		return p.printJSON(list)
	}
	return table(p.stdout, lines)
}

// writeNode explains one node type as text.
func writeNode(w io.Writer, d engine.TypeDoc) error {
	fmt.Fprintf(w, "%s\n\n%s\n", d.Name, wrap(d.Doc, 0))
	if notes := notesOf(d); len(notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", wrap(strings.Join(notes, " "), 0))
	}
	if len(d.Inputs) > 0 {
		fmt.Fprintln(w, "\nWith:")
		for _, f := range d.Inputs {
			writeField(w, f, 2)
		}
	}
	if len(d.Outcomes) > 0 {
		fmt.Fprintln(w, "\nOutcomes, the default first:")
	}
	for _, o := range d.Outcomes {
		fmt.Fprintf(w, "  %s\n", headOf(o))
		if o.Doc != "" {
			fmt.Fprintln(w, wrap(o.Doc, 6))
		}
		for _, f := range o.Outputs {
			writeField(w, f, 6)
		}
	}
	if d.Example != "" {
		fmt.Fprintf(w, "\nExample:\n%s\n", indent(strings.Trim(d.Example, "\n"), 2))
	}
	return nil
}

func writeField(w io.Writer, f engine.FieldDoc, by int) {
	fmt.Fprintf(w, "%*s%s: %s%s\n", by, "", f.Name, typeText(f), traits(f))
	if f.Doc != "" {
		fmt.Fprintln(w, wrap(f.Doc, by+4))
	}
	for _, inner := range f.Fields {
		writeField(w, inner, by+4)
	}
}

// typeText is the type of a field. Inputs of the language's forms take what the
// loader works out.
func typeText(f engine.FieldDoc) string { return cmp.Or(f.Type, "any value") }

// headOf is the name of an outcome with what follows from it.
func headOf(o engine.OutcomeDoc) string {
	head := o.Name
	if o.Proves != "" {
		head += fmt.Sprintf(" — proves %s (%s)", o.Proves, o.Grade)
	}
	if o.Status != 0 {
		head += fmt.Sprintf(" — where it is not wired: %d %s", o.Status, o.Code)
	}
	return head
}

// notesOf says of a node type what its inputs and outcomes do not.
func notesOf(d engine.TypeDoc) []string {
	var notes []string
	if d.Ends {
		notes = append(notes, "It ends the run.")
	}
	if d.Effect {
		notes = append(notes, "It changes something.")
	}
	if d.Tells {
		notes = append(notes, "Its outcomes depend on accounts, so that what follows from them must not tell a stranger which there are.")
	}
	if d.Restricted {
		notes = append(notes, "The endpoint must demand access groups or a scope.")
	}
	if len(d.Errors) > 0 {
		var codes []string
		for _, e := range d.Errors {
			codes = append(codes, fmt.Sprintf("%d %s", e.Status, e.Code))
		}
		notes = append(notes, "Its error may be "+strings.Join(codes, ", ")+".")
	}
	return notes
}

// traits are what the tags of a field say besides its type.
func traits(f engine.FieldDoc) string {
	var words []string
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(f.Optional, "optional")
	add(f.Default != "", "default "+f.Default)
	add(len(f.Enum) > 0, "one of "+strings.Join(f.Enum, " "))
	add(f.Literal, "no expression")
	add(f.Trusted, "trusted")
	add(f.Evidence, "evidence from the caller")
	add(f.Secret != "", "secret: "+f.Secret)
	add(f.Needs != "", "needs a proof: "+f.Needs)
	add(f.Min != nil, "at least "+number(f.Min))
	add(f.Max != nil, "at most "+number(f.Max))
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, "; ") + ")"
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return fmt.Sprint(*f)
}

// wrap breaks a text into lines of at most 78 columns, indented by so many.
func wrap(text string, by int) string {
	var lines []string
	line := strings.Repeat(" ", by)
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 78 && strings.TrimSpace(line) != "" {
			lines, line = append(lines, line), strings.Repeat(" ", by)
		}
		if strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

func indent(text string, by int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", by) + line
		}
	}
	return strings.Join(lines, "\n")
}
