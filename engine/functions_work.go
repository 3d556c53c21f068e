package engine

import (
	"cmp"
	"errors"
	"reflect"
	"regexp/syntax"

	"github.com/expr-lang/expr/ast"
)

// The machine of expr-lang counts the elements of lists that an expression makes,
// but neither the turns of its closures nor the bytes of its texts: a list of
// 15,000 numbers beside a text of 32 KiB, within one small body, is enough to
// keep it busy for minutes. So the compiler puts calls into the tree that pay for
// what an expression does out of a fixed amount of work.

// workBudget is the work that one evaluation of an expression may do. A unit is
// about 20 ns, so it ends within 20 ms whatever it is given.
const workBudget = 500_000

// Units of work.
const (
	workPerTurn    = 4  // of a closure, besides its nodes
	workPerNode    = 2  // of a closure, at each turn
	workPerElement = 2  // of a list
	workPerField   = 4  // of an object
	bytesPerWork   = 16 // of a text
	copyWeight     = 2  // times the work of reading a text
	sortWeight     = 4  // times the work of reading the list
	matchWeight    = 12 // of a pattern, besides its instructions
	weightPerInst  = 8  // of an instruction of a pattern
)

// workVariable is the variable of a program that holds what is left of the work.
// No source can name it: names of sources are resolved before.
const workVariable = "W"

// payFor and payTurn are the functions that the compiler puts into a tree:
// pay$(W, weight, value) and turn$(W, units, value) give the value.
const (
	payFor  = "pay$"
	payTurn = "turn$"
)

// work is what is left of the work that an evaluation may do.
type work struct {
	left int
}

var workType = reflect.TypeFor[*work]()

var errTooMuchWork = errors.New("engine: the expression has too much to do")

func (w *work) spend(units int) error {
	if w.left -= units; w.left < 0 {
		w.left = 0
		return errTooMuchWork
	}
	return nil
}

// pay pays for the reading of a value, a given number of times. It reads no
// further than it can pay for, so data that is shared in many places, which
// would take for ever to read, costs no more.
func (w *work) pay(v any, weight int) error {
	switch v := v.(type) {
	case string:
		return w.spend(weight * (len(v)/bytesPerWork + 1))
	case []any:
		for _, item := range v {
			if err := w.pay(item, weight); err != nil {
				return err
			}
		}
		return w.spend(weight * (len(v)*workPerElement + 1))
	case map[string]any:
		for k, item := range v {
			if err := w.spend(weight * (len(k)/bytesPerWork + 1)); err != nil {
				return err
			}
			if err := w.pay(item, weight); err != nil {
				return err
			}
		}
		return w.spend(weight * (len(v)*workPerField + 1))
	case []string:
		for _, item := range v {
			if err := w.spend(weight * (len(item)/bytesPerWork + 1)); err != nil {
				return err
			}
		}
		return w.spend(weight * (len(v)*workPerElement + 1))
	case nil, bool, int, float64:
		return w.spend(weight)
	}
	return w.payValue(reflect.ValueOf(v), weight)
}

// payValue is pay for the structs of nodes.
func (w *work) payValue(v reflect.Value, weight int) error {
	switch v.Kind() {
	case reflect.String:
		return w.spend(weight * (v.Len()/bytesPerWork + 1))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return w.spend(weight)
		}
		return w.payValue(v.Elem(), weight)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := w.payValue(v.Index(i), weight); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := w.payValue(v.Field(i), weight); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := w.payValue(it.Key(), weight); err != nil {
				return err
			}
			if err := w.payValue(it.Value(), weight); err != nil {
				return err
			}
		}
	}
	return w.spend(weight * workPerElement)
}

func payForFunction(args ...any) (any, error) {
	return args[2], args[0].(*work).pay(args[2], args[1].(int))
}

func payTurnFunction(args ...any) (any, error) {
	return args[2], args[0].(*work).spend(args[1].(int))
}

// meter puts the calls that pay for work into a checked tree.
func meter(root *ast.Node) {
	m := &meterPatch{inClosure: map[ast.Node]bool{}}
	eachNode(*root, func(n ast.Node) {
		if p, ok := n.(*ast.PredicateNode); ok {
			eachNode(p.Node, func(n ast.Node) { m.inClosure[n] = true })
		}
	})
	ast.Walk(root, m)
	// What is given away is read once more: it is copied, compared or written.
	if !isBasic(*root) {
		m.pay(root, 1)
	}
}

// meterPatch puts the calls in, and knows which nodes stand in closures.
type meterPatch struct {
	inClosure map[ast.Node]bool
}

// free are the functions whose cost does not grow with what they are given.
var free = map[string]bool{
	"abs": true, "ceil": true, "floor": true, "round": true, "max": true, "min": true,
	"first": true, "last": true, "type": true, asText: true, sinceNow: true,
}

// weights are the functions that do more with what they are given than read it.
var weights = map[string]int{"sort": sortWeight, "replace": copyWeight, "assign": copyWeight, "lower": copyWeight, "upper": copyWeight, "urlEncode": 2 * copyWeight}

// makers are the functions whose result may be much larger than their arguments.
var makers = map[string]bool{"join": true, "replace": true, "split": true}

func (m *meterPatch) Visit(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.BinaryNode:
		m.binary(n, node)
	case *ast.CallNode:
		if id, ok := node.Callee.(*ast.IdentifierNode); ok {
			m.call(n, id.Value, node.Arguments)
		}
	case *ast.BuiltinNode:
		if !m.closure(node) {
			m.call(n, node.Name, node.Arguments)
		}
	}
}

// closure pays for each turn of a closure, and for the keys that sortBy compares.
func (m *meterPatch) closure(n *ast.BuiltinNode) bool {
	p, ok := predicateOf(n)
	if !ok {
		return false
	}
	size := 0
	eachNode(p.Node, func(ast.Node) { size++ })
	if n.Name == "sortBy" {
		m.pay(&p.Node, sortWeight)
	}
	m.wrap(&p.Node, payTurn, workPerTurn+workPerNode*size)
	return true
}

func (m *meterPatch) call(n *ast.Node, name string, args []ast.Node) {
	if free[name] {
		return
	}
	for i := range args {
		if !isSmall(args[i]) {
			m.pay(&args[i], cmp.Or(weights[name], 1))
		}
	}
	if makers[name] {
		m.pay(n, copyWeight)
	}
}

func (m *meterPatch) binary(n *ast.Node, b *ast.BinaryNode) {
	switch b.Operator {
	case "+":
		if !isSmall(b.Left) || !isSmall(b.Right) {
			m.pay(n, copyWeight)
		}
	case "matches":
		m.pay(&b.Left, patternWeight(b.Right))
	case "contains", "in", "not in":
		big := &b.Left
		if b.Operator != "contains" {
			big = &b.Right
		}
		if !isSmall(*big) {
			m.pay(big, 1)
		}
	case "==", "!=", "<", "<=", ">", ">=", "startsWith", "endsWith":
		// Two texts are compared in no time, unless it is done again and again.
		if isSmall(b.Left) || isSmall(b.Right) || !m.inClosure[b] && isBasic(b.Left) && isBasic(b.Right) {
			return
		}
		m.pay(&b.Right, 1)
	}
}

func (m *meterPatch) pay(n *ast.Node, weight int) { m.wrap(n, payFor, weight) }

// wrap puts a call around a node that has been checked. The call has the type of
// the node.
func (m *meterPatch) wrap(n *ast.Node, function string, units int) {
	callee := &ast.IdentifierNode{Value: function}
	callee.SetType(reflect.TypeFor[func(...any) (any, error)]())
	left := &ast.IdentifierNode{Value: workVariable}
	left.SetType(workType)
	amount := &ast.IntegerNode{Value: units}
	amount.SetType(intType)
	call := &ast.CallNode{Callee: callee, Arguments: []ast.Node{left, amount, *n}}
	call.SetLocation((*n).Location())
	call.SetNature(*(*n).Nature())
	*n = call
}

// isSmall reports whether a value cannot be large: it is constant, a number or a
// boolean.
func isSmall(n ast.Node) bool {
	switch n.(type) {
	case *ast.NilNode, *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.ConstantNode:
		return true
	case *ast.ArrayNode, *ast.MapNode:
		return false
	}
	return isBasic(n) && typeOf(n).Kind() != reflect.String
}

// isBasic reports whether a value is a text, a number or a boolean for sure.
func isBasic(n ast.Node) bool {
	switch typeOf(n).Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return false
}

// typeOf is the type of a checked node, without a pointer.
func typeOf(n ast.Node) reflect.Type {
	if t := n.Type(); t != nil {
		return baseType(t)
	}
	return anyType
}

// patternWeight is what a byte of text costs under a constant pattern, at worst.
func patternWeight(n ast.Node) int {
	pattern, ok := n.(*ast.StringNode)
	if !ok {
		return workBudget
	}
	re, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		return workBudget
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return workBudget
	}
	return matchWeight + weightPerInst*len(prog.Inst)
}
