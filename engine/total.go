package engine

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// An expression is total if it can be worked out whatever the values are that it
// reads. What does not fail for values of some types may fail for JSON data,
// whose type is known only at run time, so whatever is not known to be safe for
// the types at hand is not total.

// class is a set of types of values, as far as it matters to what may fail.
type class int

const (
	cText class = 1 << iota
	cWhole
	cFraction
	cTruth
	cInstant // text, too
	cTexts   // lists of these
	cNumbers
	cList // of anything else
	cObject
	cAny // what is known only at run time

	cNumber = cWhole | cFraction
	cLists  = cTexts | cNumbers | cList
)

// totalFor are the functions that never fail, each with what its arguments have to
// be; where one is given, it stands for all. A closure counts as what it gives.
var totalFor = map[string][]class{
	"abs": {cNumber}, "ceil": {cNumber}, "floor": {cNumber}, "round": {cNumber}, "max": {cNumber}, "min": {cNumber},
	"int": {cWhole}, "float": {cNumber}, "string": {cText | cInstant | cWhole | cTruth}, asText: {^0}, "type": {^0},
	"lower": {cText}, "upper": {cText}, "trim": {cText}, "trimPrefix": {cText}, "trimSuffix": {cText}, "urlEncode": {cText},
	"hasPrefix": {cText}, "hasSuffix": {cText}, "indexOf": {cText}, "replace": {cText}, "split": {cText}, "join": {cTexts, cText},
	"all": {cLists, cTruth}, "any": {cLists, cTruth}, "none": {cLists, cTruth}, "one": {cLists, cTruth}, "count": {cLists, cTruth},
	"filter": {cLists, cTruth}, "find": {cLists, cTruth}, "findLast": {cLists, cTruth}, "map": {cLists, ^0}, "sortBy": {cLists, cText | cNumber},
	"first": {cLists}, "last": {cLists}, "reverse": {cLists}, "concat": {cLists}, "sum": {cNumbers}, "sort": {cTexts | cNumbers},
	"len": {cText | cLists | cObject}, "keys": {cObject}, "epochMs": {cInstant}, sinceNow: {cInstant},
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
			t.needs(cText, n.Property) // a list need not have that many elements
			t.needs(cObject, n.Node)
		} else if typeOf(n.Node).Kind() != reflect.Struct {
			t.needs(cObject, n.Node)
		}
	case *ast.SliceNode:
		t.needs(cText|cLists, n.Node)
		for _, end := range []ast.Node{n.From, n.To} {
			if end != nil {
				t.needs(cWhole, end)
			}
		}
	case *ast.CallNode:
		t.call(n.Callee.(*ast.IdentifierNode).Value, n.Arguments)
	case *ast.BuiltinNode:
		t.call(n.Name, n.Arguments)
	}
}

// needs says that the expression fails where some of its parts are of another class.
func (t *totality) needs(wanted class, parts ...ast.Node) {
	t.fails = t.fails || !t.all(wanted, parts...)
}

// all reports whether all parts are of the given class.
func (t *totality) all(wanted class, parts ...ast.Node) bool {
	return !slices.ContainsFunc(parts, func(n ast.Node) bool { return t.class(n)&wanted == 0 })
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
			t.needs(cText, n.Left, n.Right)
		}
	case "%":
		t.needs(cWhole, n.Left)
		divisor, constant := n.Right.(*ast.IntegerNode)
		t.fails = t.fails || !constant || divisor.Value == 0
	case "contains", "startsWith", "endsWith":
		t.needs(cText, n.Left, n.Right)
	case "matches":
		t.needs(cText, n.Left)
	case "in", "not in":
		if !t.all(cObject, n.Right) {
			t.needs(cLists, n.Right)
		} else {
			t.needs(cText, n.Left)
		}
	default:
		t.fails = true
	}
}

func (t *totality) call(name string, args []ast.Node) {
	wanted, known := totalFor[name]
	t.fails = t.fails || !known || len(wanted) > 1 && len(wanted) != len(args)
	for i, a := range args {
		if !t.fails {
			t.needs(wanted[min(i, len(wanted)-1)], a)
		}
	}
}

// class is what a part is for sure.
func (t *totality) class(n ast.Node) class {
	switch n := n.(type) {
	case *ast.PredicateNode:
		return t.class(n.Node)
	case *ast.IdentifierNode:
		if v := t.lets[n.Value]; v != nil {
			if v.class == 0 {
				v.class = cAny // as long as another of its name is looked at
				v.class = t.common(v.values...)
			}
			return v.class
		}
		if i := variableOf(n); i >= 0 {
			if p := t.e.vars[i]; p.isNow() || baseType(p.typ) == instantType {
				return cText | cInstant
			}
		}
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return t.common(n.Left, n.Right)
		}
	case *ast.ConditionalNode:
		return t.common(n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		return listClass(t.common(n.Nodes...))
	case *ast.BuiltinNode:
		switch n.Name {
		case "map":
			return listClass(t.class(n.Arguments[1]))
		case "filter", "reverse", "sort", "sortBy":
			return t.class(n.Arguments[0])
		case "concat":
			return t.common(n.Arguments...)
		}
	case *ast.CallNode:
		if n.Callee.(*ast.IdentifierNode).Value != asText {
			break
		}
		if m := memberOf(n.Arguments[0]); m != nil {
			if f := fieldRead(m); f != nil && baseType(f.typ) == instantType {
				return cText | cInstant
			}
		}
	}
	return classOf(typeOf(n))
}

// common is what each of some parts is for sure.
func (t *totality) common(parts ...ast.Node) class {
	all := ^class(0)
	for _, n := range parts {
		all &= t.class(n)
	}
	return cmp.Or(all, cAny)
}

// listClass is the class of a list of such elements.
func listClass(elements class) class {
	switch {
	case elements&cText != 0:
		return cTexts
	case elements&cNumber != 0:
		return cNumbers
	}
	return cList
}

// classOf is what a value of a type is for sure. Of other named types the machine
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
