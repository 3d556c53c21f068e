package engine

import (
	"maps"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// treeDescriber makes the schema of what an expression gives, of its tree.
type treeDescriber struct {
	*describer
	e        *expression
	lets     map[string]JSONSchema
	elements []JSONSchema // of the lists whose closures are under way
}

func (t *treeDescriber) node(n ast.Node) JSONSchema {
	if t.spent() {
		return JSONSchema{}
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return ofType("null")
	case *ast.BoolNode:
		return constantSchema(n.Value)
	case *ast.IntegerNode:
		return constantSchema(n.Value)
	case *ast.FloatNode:
		return constantSchema(n.Value)
	case *ast.StringNode:
		return constantSchema(n.Value)
	case *ast.IdentifierNode:
		return t.name(n)
	case *ast.PointerNode:
		if last := len(t.elements) - 1; last >= 0 {
			return t.elements[last]
		}
	case *ast.ChainNode:
		return t.node(n.Node)
	case *ast.MemberNode:
		return t.member(n)
	case *ast.SliceNode:
		if typeOf(n.Node).Kind() == reflect.String {
			return ofType("string")
		}
		return arrayOf(itemsOf(t.node(n.Node)))
	case *ast.PredicateNode:
		return t.node(n.Node)
	case *ast.CallNode:
		return t.call(n)
	case *ast.BuiltinNode:
		return t.builtin(n)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return anyOf(t.node(n.Left).withoutNull(), t.node(n.Right))
		}
		return workedOut(n)
	case *ast.UnaryNode:
		return workedOut(n)
	case *ast.VariableDeclaratorNode:
		t.lets[n.Name] = t.node(n.Value)
		return t.node(n.Expr)
	case *ast.SequenceNode:
		if last := len(n.Nodes) - 1; last >= 0 {
			return t.node(n.Nodes[last])
		}
	case *ast.ConditionalNode:
		return anyOf(t.node(n.Exp1), t.node(n.Exp2))
	case *ast.ArrayNode:
		items := make([]JSONSchema, len(n.Nodes))
		for i, item := range n.Nodes {
			items[i] = t.node(item)
		}
		return listSchema(items)
	case *ast.MapNode:
		fields := map[string]JSONSchema{}
		for _, pair := range n.Pairs {
			p := pair.(*ast.PairNode)
			if key, ok := p.Key.(*ast.StringNode); ok {
				fields[key.Value] = t.node(p.Value)
			}
		}
		return objectSchema(fields)
	}
	return JSONSchema{}
}

// name is a variable: a plain path, or one that the expression has made.
func (t *treeDescriber) name(n *ast.IdentifierNode) JSONSchema {
	i := variableOf(n)
	if i < 0 || i >= len(t.e.vars) {
		return t.lets[n.Value]
	}
	p := t.e.vars[i]
	s := t.place(p)
	if p.nullable {
		return s.orNull()
	}
	return s
}

// member is a field or an element.
func (t *treeDescriber) member(n *ast.MemberNode) JSONSchema {
	s := JSONSchema{}
	switch f := fieldRead(n); {
	case f != nil:
		s = t.field(n, f)
		if f.optional {
			s = s.orNull()
		}
	case typeOf(n.Node).Kind() == reflect.Slice:
		s = itemsOf(t.node(n.Node))
	default:
		name, ok := n.Property.(*ast.StringNode)
		if of := t.node(n.Node).withoutNull(); ok {
			s = partOf(of, name.Value)
		}
	}
	if n.Optional {
		return s.orNull()
	}
	return s
}

// partOf is a field of an object, null where it may be missing; anything where no
// more is known of it.
func partOf(s JSONSchema, name string) JSONSchema {
	field, known := membersOf(s)[name]
	required, _ := s["required"].([]string)
	switch {
	case !known:
		return JSONSchema{}
	case slices.Contains(required, name):
		return field
	}
	return field.orNull()
}

// field is a field of a struct. The code of an error is one of those that are known.
func (t *treeDescriber) field(n *ast.MemberNode, f *field) JSONSchema {
	if typeOf(n.Node) == reflect.TypeFor[ErrorEntry]() {
		return membersOf(entrySchema(t.codes))[f.name]
	}
	return typeSchemaWithDoc(f.typ, f.doc)
}

func (t *treeDescriber) call(n *ast.CallNode) JSONSchema {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return JSONSchema{}
	}
	switch id.Value {
	case payFor, payTurn:
		return t.node(n.Arguments[2])
	case asText:
		return t.node(n.Arguments[0])
	case "assign":
		return t.assigned(n.Arguments)
	}
	return t.result(n, id.Value)
}

// assigned is the fields of several objects. Of two of the same name the later
// counts, so nothing is known of those before an object that may have any.
func (t *treeDescriber) assigned(objects []ast.Node) JSONSchema {
	fields, open := map[string]JSONSchema{}, false
	for _, n := range objects {
		s := t.node(n)
		if !isLiteral(n) {
			fields, open = map[string]JSONSchema{}, true
			continue
		}
		maps.Copy(fields, membersOf(s))
	}
	s := objectSchema(fields)
	if open {
		s["additionalProperties"] = JSONSchema{}
	}
	return s
}

// isLiteral reports whether all fields of an object are written where it is made.
func isLiteral(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.MapNode:
		return true
	case *ast.VariableDeclaratorNode:
		return isLiteral(n.Expr)
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && (id.Value == payFor || id.Value == payTurn) {
			return isLiteral(n.Arguments[2])
		}
	}
	return false
}

func (t *treeDescriber) builtin(n *ast.BuiltinNode) JSONSchema {
	switch n.Name {
	case "map":
		t.elements = append(t.elements, itemsOf(t.node(n.Arguments[0])))
		item := t.node(n.Arguments[1])
		t.elements = t.elements[:len(t.elements)-1]
		return arrayOf(item)
	case "filter", "sort", "sortBy", "reverse":
		return arrayOf(itemsOf(t.node(n.Arguments[0])))
	case "first", "last", "find":
		return itemsOf(t.node(n.Arguments[0])).orNull()
	}
	return t.result(n, n.Name)
}

// result is what a function gives, by its type.
func (t *treeDescriber) result(n ast.Node, function string) JSONSchema {
	s := typeSchema(typeOf(n))
	if givesNull(function) {
		return s.orNull()
	}
	return s
}

// workedOut is what an operator gives, by its type.
func workedOut(n ast.Node) JSONSchema { return typeSchema(typeOf(n)) }

// itemsOf is the schema of the elements of a list.
func itemsOf(s JSONSchema) JSONSchema {
	items, _ := s.withoutNull()["items"].(JSONSchema)
	return items
}
