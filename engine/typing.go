package engine

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// plainType is the type that expressions see in place of a Go type: secrets,
// instants and named texts are text, everything else is as it is.
func plainType(t reflect.Type) reflect.Type {
	switch {
	case t.Kind() == reflect.Pointer && plainType(t.Elem()) != t.Elem():
		return reflect.PointerTo(plainType(t.Elem()))
	case t == secretType, t == instantType:
		return stringType
	case t.Kind() == reflect.String:
		return stringType
	}
	return t
}

// asText is our function that gives a field of a list's element the type that
// expressions see. No source can call it: it is not among the documented ones.
const asText = "text$"

// patchMembers gives fields of structs their Go names: expr finds fields by
// these, flows name them by their tags. And it orders the branches of conditionals. Types of inner nodes come to light only
// step by step, so it goes on until nothing changes.
func patchMembers(tree *parser.Tree, config *conf.Config) {
	for {
		_, _ = checkTypes(tree, config)
		p := &memberPatch{}
		ast.Walk(&tree.Node, p)
		if !p.changed {
			return
		}
	}
}

// checkTypes gives every node its type, of calls too, within which expr would not
// look a second time.
func checkTypes(tree *parser.Tree, config *conf.Config) (reflect.Type, error) {
	eachNode(tree.Node, func(n ast.Node) {
		if call, ok := n.(*ast.CallNode); ok {
			call.SetNature(nature.Nature{})
		}
	})
	return checker.Check(tree, config)
}

type memberPatch struct{ changed bool }

func (p *memberPatch) Visit(n *ast.Node) {
	if c, ok := (*n).(*ast.ConditionalNode); ok {
		p.conditional(c)
	}
	m, ok := (*n).(*ast.MemberNode)
	if !ok {
		return
	}
	property, ok := m.Property.(*ast.StringNode)
	if !ok {
		return
	}
	f := fieldNamed(m.Node.Type(), property.Value)
	if f == nil {
		return
	}
	p.changed = true
	property.Value = f.goName
	if plainType(f.typ) != f.typ {
		call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: asText}, Arguments: []ast.Node{m}}
		call.SetLocation(m.Location())
		*n = call
	}
}

// conditional puts the branch first whose type is not known: expr gives both the
// type of the first wherever the other may be anything.
func (p *memberPatch) conditional(c *ast.ConditionalNode) {
	if !isUnknownType(c.Exp2.Type()) || isUnknownType(c.Exp1.Type()) {
		return
	}
	p.changed = true
	not := &ast.UnaryNode{Operator: "!", Node: c.Cond}
	not.SetLocation(c.Cond.Location())
	c.Cond, c.Exp1, c.Exp2 = not, c.Exp2, c.Exp1
}

// fieldRead is the field of a struct that a patched member reads, or nil.
func fieldRead(m *ast.MemberNode) *field {
	property, named := m.Property.(*ast.StringNode)
	if !named || typeOf(m.Node).Kind() != reflect.Struct {
		return nil
	}
	for _, f := range fieldsOf(typeOf(m.Node)) {
		if f.goName == property.Value {
			return f
		}
	}
	return nil
}

// checkMembers reports fields that a struct does not have.
func (r *resolver) checkMembers(n ast.Node) bool {
	c := &memberCheck{r: r}
	ast.Walk(&n, c)
	return !r.failed
}

type memberCheck struct{ r *resolver }

func (c *memberCheck) Visit(n *ast.Node) {
	m, ok := (*n).(*ast.MemberNode)
	if !ok || m.Node.Type() == nil || baseType(m.Node.Type()).Kind() != reflect.Struct {
		return
	}
	property, ok := m.Property.(*ast.StringNode)
	if !ok {
		c.r.refuse(m, "bad-expression", "", "the name of a field must be constant")
		return
	}
	t := baseType(m.Node.Type())
	if sf, ok := t.FieldByName(property.Value); ok && sf.Tag.Get("flow") != "" {
		return
	}
	p := place{typ: t}
	c.r.refuse(m, "unknown-name", p.suggest(property.Value), "%s has no field %s", t, property.Value)
}

// markNullOnly notes which variables are only compared with null: such a
// comparison tells nothing of a secret but that it is there.
func (e *expression) markNullOnly(n ast.Node) {
	m := &nullOnly{compared: map[ast.Node]bool{}, other: make([]bool, len(e.vars))}
	ast.Walk(&n, m)
	e.nullOnly = make([]bool, len(e.vars))
	for i := range e.vars {
		e.nullOnly[i] = !m.other[i]
	}
}

type nullOnly struct {
	compared map[ast.Node]bool
	other    []bool
	seen     []*ast.IdentifierNode
}

func (m *nullOnly) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		if i := variableOf(n); i >= 0 && i < len(m.other) {
			m.seen = append(m.seen, n)
			m.other[i] = true
		}
	case *ast.BinaryNode:
		p, ok := nullComparison(n)
		if !ok {
			return
		}
		if i := variableOf(p); i >= 0 {
			m.compared[p] = true
			m.recount()
		}
	}
}

// recount leaves out the uses that turned out to be comparisons: a node is
// visited after its parts.
func (m *nullOnly) recount() {
	clear(m.other)
	for _, id := range m.seen {
		if !m.compared[id] {
			m.other[variableOf(id)] = true
		}
	}
}

// nullComparison is the side of == or != that is compared with null.
func nullComparison(n *ast.BinaryNode) (ast.Node, bool) {
	if n.Operator != "==" && n.Operator != "!=" {
		return nil, false
	}
	if _, ok := n.Right.(*ast.NilNode); ok {
		return n.Left, true
	}
	if _, ok := n.Left.(*ast.NilNode); ok {
		return n.Right, true
	}
	return nil, false
}
