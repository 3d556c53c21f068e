package engine

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// An expression is total if it can be worked out whatever the values are that it
// reads. What does not fail for values of some types may fail for JSON data,
// whose type is known only at run time, so whatever is not known to be safe for
// the types at hand is not total.

// class is a set of types that a value may have, as far as it matters to what may
// fail.
type class int

const (
	cText class = 1 << iota
	cWhole
	cFraction
	cTruth
	cInstant // text that is one
	cNone    // a list without elements
	cTexts   // a list of texts
	cNumbers
	cList // of anything else
	cObject
	cOther // what is known only at run time, too

	cAny        = cOther<<1 - 1
	cTextual    = cText | cInstant
	cNumber     = cWhole | cFraction
	cAllTexts   = cNone | cTexts
	cAllNumbers = cNone | cNumbers
	cLists      = cNone | cTexts | cNumbers | cList
)

// totalFor are the functions that never fail, each with what its arguments have to
// be; where one is given, it stands for all. A closure counts as what it gives.
var totalFor = map[string][]class{
	"abs": {cNumber}, "ceil": {cNumber}, "floor": {cNumber}, "round": {cNumber}, "max": {cNumber}, "min": {cNumber},
	"int": {cWhole}, "float": {cNumber}, "string": {cTextual | cWhole | cTruth}, asText: {cAny}, "type": {cAny},
	"lower": {cTextual}, "upper": {cTextual}, "trim": {cTextual}, "trimPrefix": {cTextual}, "trimSuffix": {cTextual}, "urlEncode": {cTextual},
	"hasPrefix": {cTextual}, "hasSuffix": {cTextual}, "indexOf": {cTextual}, "replace": {cTextual}, "split": {cTextual}, "join": {cAllTexts, cTextual},
	"all": {cLists, cTruth}, "any": {cLists, cTruth}, "none": {cLists, cTruth}, "one": {cLists, cTruth}, "count": {cLists, cTruth},
	"filter": {cLists, cTruth}, "find": {cLists, cTruth}, "findLast": {cLists, cTruth}, "map": {cLists, cAny}, "sortBy": {cLists, cTextual | cNumber},
	"first": {cLists}, "last": {cLists}, "reverse": {cLists}, "concat": {cLists}, "sum": {cAllNumbers}, "sort": {cAllTexts | cNumbers},
	"assign": {cObject},
	"len":    {cTextual | cLists | cObject}, "keys": {cObject}, "epochMs": {cInstant}, sinceNow: {cInstant},
}

// totality looks at one expression.
type totality struct {
	e     *expression
	lets  map[string]*let // by name
	fails bool            // it is not total
}

// let is a variable of an expression.
type let struct {
	values []ast.Node // of all of its name
	class  class      // 0 until somebody has asked
}

// totality looks whether a checked tree is total.
func (e *expression) totality(tree ast.Node) {
	t := &totality{e: e, lets: map[string]*let{}}
	for name, values := range letsOf(tree) {
		t.lets[name] = &let{values: values}
	}
	ast.Walk(&tree, t)
	e.fails = t.fails
}

// Visit looks at one node, after its parts.
func (t *totality) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.UnaryNode:
		wanted := cNumber
		if n.Operator == "!" || n.Operator == "not" {
			wanted = cTruth
		}
		t.needs(wanted, n.Node)
	case *ast.BinaryNode:
		t.binary(n)
	case *ast.ConditionalNode:
		t.needs(cTruth, n.Cond)
	case *ast.MemberNode:
		if _, named := n.Property.(*ast.StringNode); !named {
			t.needs(cTextual, n.Property) // a list need not have that many elements
			t.needs(cObject, n.Node)
		} else if typeOf(n.Node).Kind() != reflect.Struct {
			t.needs(cObject, n.Node)
		}
	case *ast.SliceNode:
		t.needs(cTextual|cLists, n.Node)
		for _, end := range []ast.Node{n.From, n.To} {
			if end != nil {
				t.needs(cWhole, end)
			}
		}
	case *ast.CallNode:
		t.call(n.Callee.(*ast.IdentifierNode).Value, n.Arguments)
	case *ast.BuiltinNode:
		t.call(n.Name, n.Arguments)
	case *ast.PredicateNode:
		t.fails = t.fails || t.nested(n.Node, isPredicate, nil) // turns of turns
	}
}

// nested reports whether a part, or what a let in it is made of, has a node of some
// sort.
func (t *totality) nested(n ast.Node, is func(ast.Node) bool, seen map[string]bool) bool {
	found := false
	if seen == nil {
		seen = map[string]bool{}
	}
	eachNode(n, func(n ast.Node) {
		found = found || is(n)
		if id, ok := n.(*ast.IdentifierNode); ok && t.lets[id.Value] != nil && !seen[id.Value] {
			seen[id.Value] = true
			for _, value := range t.lets[id.Value].values {
				found = found || t.nested(value, is, seen)
			}
		}
	})
	return found
}

func isPredicate(n ast.Node) bool {
	_, ok := n.(*ast.PredicateNode)
	return ok
}

// isMaker reports whether a node is a call whose result may be much larger than
// what it is given.
func isMaker(n ast.Node) bool {
	call, ok := n.(*ast.CallNode)
	return ok && makers[call.Callee.(*ast.IdentifierNode).Value]
}

// needs says that the expression fails where some of its parts are of another class.
func (t *totality) needs(wanted class, parts ...ast.Node) {
	t.fails = t.fails || !t.all(wanted, parts...)
}

// all reports whether all parts are of the given class, whatever they are.
func (t *totality) all(wanted class, parts ...ast.Node) bool {
	return !slices.ContainsFunc(parts, func(n ast.Node) bool { return t.class(n)&^wanted != 0 })
}

func (t *totality) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "??", "==", "!=":
	case "and", "or", "&&", "||":
		t.needs(cTruth, n.Left, n.Right)
	case "-", "*", "/", "^", "**":
		t.needs(cNumber, n.Left, n.Right)
	case "+", "<", "<=", ">", ">=":
		if !t.all(cNumber, n.Left, n.Right) {
			t.needs(cTextual, n.Left, n.Right)
		}
	case "%":
		t.needs(cWhole, n.Left)
		divisor, constant := n.Right.(*ast.IntegerNode)
		t.fails = t.fails || !constant || divisor.Value == 0
	case "contains", "startsWith", "endsWith":
		t.needs(cTextual, n.Left, n.Right)
	case "matches":
		t.needs(cTextual, n.Left)
	case "in", "not in":
		if !t.all(cObject, n.Right) {
			t.needs(cLists, n.Right)
		} else {
			t.needs(cTextual, n.Left)
		}
	default:
		t.fails = true
	}
}

func (t *totality) call(name string, args []ast.Node) {
	wanted, known := totalFor[name]
	t.fails = t.fails || !known || len(wanted) > 1 && len(wanted) != len(args)
	if makers[name] {
		t.fails = t.fails || slices.ContainsFunc(args, func(a ast.Node) bool { return t.nested(a, isMaker, nil) })
	}
	for i, a := range args {
		if !t.fails {
			t.needs(wanted[min(i, len(wanted)-1)], a)
		}
	}
}

// class is what a part may be.
func (t *totality) class(n ast.Node) class {
	switch n := n.(type) {
	case *ast.PredicateNode:
		return t.class(n.Node)
	case *ast.IdentifierNode:
		if v := t.lets[n.Value]; v != nil {
			if v.class == 0 {
				v.class = cAny // as long as another of its name is looked at
				v.class = t.either(v.values...)
			}
			return v.class
		}
		if i := variableOf(n); i >= 0 {
			if p := t.e.vars[i]; p.isNow() || baseType(p.typ) == instantType {
				return cInstant
			}
		}
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return t.either(n.Left, n.Right)
		}
	case *ast.ConditionalNode:
		return t.either(n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		return listClass(t.either(n.Nodes...))
	case *ast.BuiltinNode:
		switch n.Name {
		case "map":
			return listClass(t.class(n.Arguments[1]))
		case "filter", "reverse", "sort", "sortBy":
			return t.class(n.Arguments[0])
		case "concat":
			return t.either(n.Arguments...)
		}
	case *ast.CallNode:
		if n.Callee.(*ast.IdentifierNode).Value != asText {
			break
		}
		if m := memberOf(n.Arguments[0]); m != nil {
			if f := fieldRead(m); f != nil && baseType(f.typ) == instantType {
				return cInstant
			}
		}
	}
	return classOf(typeOf(n))
}

// either is what any of some parts may be.
func (t *totality) either(parts ...ast.Node) class {
	all := class(0)
	for _, n := range parts {
		all |= t.class(n)
	}
	return all
}

// listClass is the class of a list of such elements, or of none.
func listClass(elements class) class {
	switch {
	case elements == 0:
		return cNone
	case elements&^cTextual == 0:
		return cAllTexts
	case elements&^cNumber == 0:
		return cAllNumbers
	}
	return cLists
}

// classOf is what a value of a type may be. Of other named types the machine
// does not know all that it knows of these.
func classOf(typ reflect.Type) class {
	switch typ {
	case stringType:
		return cText
	case intType:
		return cWhole
	case floatType:
		return cFraction
	case boolType:
		return cTruth
	}
	switch typ.Kind() {
	case reflect.Map:
		return cObject
	case reflect.Slice:
		return listClass(classOf(typ.Elem()))
	}
	return cAny
}
