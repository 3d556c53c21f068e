package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	nodeKeys = []string{"id", "use", "with", "next", "reveal", "trust", "allow", "timeout", "note"}
	// reserved are the names that expressions have for other things than nodes.
	reserved = []string{"input", "request", "session", "apikey", "params", "secrets", "error", "view", "flow"}
	// exprWords are the words of expressions themselves.
	exprWords = []string{"and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches", "nil", "not", "or", "startsWith", "true"}
	rules     = []string{"unproved", "unverified", "enumeration"}
)

func (p *parser) nodes(f Field) []Node {
	items := p.list(f, "nodes", "begin each node with a dash and its id")
	nodes := make([]Node, 0, len(items))
	first := make(map[string]Pos, len(items))
	for _, item := range items {
		node := p.node(item)
		if before, twice := first[node.ID.Text]; twice {
			p.report(node.ID.Pos, "duplicate-node", fmt.Sprintf("a node named %q stands at line %d already", node.ID.Text, before.Line), "give one of them another id")
		} else if node.ID.IsSet() {
			first[node.ID.Text] = node.ID.Pos
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (p *parser) node(v *Value) Node {
	n := Node{Pos: v.Pos}
	for key, f := range p.fields(v, "a node", nodeKeys, "id", "use") {
		switch key {
		case "id":
			n.ID = p.id(f)
		case "use":
			n.Use = p.name(f)
		case "with":
			n.With = p.with(f)
		case "next":
			n.Next = p.next(f)
		case "reveal":
			n.Reveal = p.paths(f)
		case "trust":
			n.Trust = p.paths(f)
		case "allow":
			n.Allow = p.allow(f)
		case "timeout":
			n.Timeout = p.duration(f)
		case "note":
			n.Note = p.prose(f)
		}
	}
	return n
}

func (p *parser) id(f Field) Name {
	name := p.identifier(f, "node")
	if slices.Contains(reserved, name.Text) {
		p.refuse(f.Value, "reserved-name", fmt.Sprintf("%q is the name of something else in expressions", name.Text), "take another id; reserved are "+strings.Join(reserved, ", "))
	}
	if slices.Contains(exprWords, name.Text) {
		p.refuse(f.Value, "reserved-name", fmt.Sprintf("%q is a word of expressions, so none could name this node", name.Text), "take another id")
	}
	return name
}

func (p *parser) with(f Field) *Value {
	if !p.bad[f.Value] && f.Value.Kind != Map {
		hint := ""
		if f.Value.Kind == List {
			hint = "write the fields without dashes"
		}
		p.wrong(f, "a map of fields", hint)
	}
	if f.Value.Kind != Map {
		return nil
	}
	return f.Value
}

func (p *parser) next(f Field) []Edge {
	v := f.Value
	if !p.bad[v] && v.Kind != Map {
		hint := "next: {outcome: node}"
		if v.Kind == String {
			hint = "next: {outcome: " + v.Text + "}"
		}
		p.wrong(f, "a map of outcomes to nodes", hint)
	}
	edges := make([]Edge, 0, len(v.Fields))
	for _, f := range v.Fields {
		edges = append(edges, Edge{f.Key, p.name(f)})
	}
	return edges
}

var pathForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// paths is a list of plain paths, such as opened.token.
func (p *parser) paths(f Field) []Name {
	for _, item := range f.Value.Items {
		if item.IsExpr() && !p.bad[item] {
			p.refuse(item, "misplaced-expression", fmt.Sprintf("%q takes plain paths, not expressions", f.Key.Text), fmt.Sprintf("%s: [%s]", f.Key.Text, item.Parts[0].Expr))
		}
	}
	paths := p.names(f, "plain paths", false)
	for _, path := range paths {
		isExpression := strings.Contains(path.Text, opening) // which has been reported
		if path.Text != "" && !isExpression && !pathForm.MatchString(path.Text) {
			p.report(path.Pos, "bad-value", fmt.Sprintf("%q must have plain paths such as user.id, not %q", f.Key.Text, path.Text), "")
		}
	}
	return paths
}

func (p *parser) allow(f Field) []Allowance {
	if !p.bad[f.Value] && f.Value.Kind != Map {
		p.wrong(f, "a map of rules to reasons", "allow: {unproved: why this is safe here}")
	}
	var allowed []Allowance
	for _, f := range f.Value.Fields {
		if !slices.Contains(rules, f.Key.Text) {
			hint := didYouMean(Suggest(f.Key.Text, rules), rules)
			p.report(f.Key.Pos, "unknown-rule", fmt.Sprintf("no rule %q can be lifted", f.Key.Text), hint)
			continue
		}
		allowed = append(allowed, Allowance{f.Key, p.reason(f)})
	}
	return allowed
}
