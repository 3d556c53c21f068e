package engine

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// An expression has a fixed amount of work, so what a caller sends may be too much
// for it. What it has to do is found here; whether that may be too much is estimated
// in enumeration_sizes.go.

// effort is what a compiled expression has to do.
type effort struct {
	pays   []payment
	loops  []closure
	makers [][]reading // of each call of join, replace or split, what its arguments read
}

// reading is what a part of an expression reads: the numbers of variables, as often as
// they stand there, and those of which variables of let are made.
type reading struct {
	vars, lets []int
	constant   int // bytes of constant text
}

// payment is what is paid for reading something.
type payment struct {
	reads  reading
	weight int
}

// closure is one over a list.
type closure struct {
	list  reading
	units int       // of work, each turn
	pays  []payment // each turn
}

// findEffort notes what a metered tree has to do.
func (e *expression) findEffort(tree ast.Node) {
	r := reader{lets: letsOf(tree), read: map[string][]int{}}
	eachNode(tree, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.BuiltinNode:
			if p, ok := predicateOf(n); ok {
				l := closure{list: r.readIn(n.Arguments[0]), pays: r.paymentsIn(p)}
				eachNode(p, func(n ast.Node) { l.units += amountOf(n, payTurn) })
				e.effort.loops = append(e.effort.loops, l)
			}
		case *ast.CallNode:
			if isMaker(n) {
				var args []reading
				for _, a := range n.Arguments {
					args = append(args, r.readIn(a))
				}
				e.effort.makers = append(e.effort.makers, args)
			}
		}
	})
	e.effort.pays = r.paymentsIn(tree)
}

// paymentsIn are the payments that the compiler has put into a tree.
func (r *reader) paymentsIn(tree ast.Node) []payment {
	var pays []payment
	eachNode(tree, func(n ast.Node) {
		if weight := amountOf(n, payFor); weight > 0 {
			pays = append(pays, payment{r.readIn(n.(*ast.CallNode).Arguments[2]), weight})
		}
	})
	return pays
}

// amountOf is the amount that a call of a function of payment names; 0 for all else.
func amountOf(n ast.Node, function string) int {
	if call, ok := n.(*ast.CallNode); ok && call.Callee.(*ast.IdentifierNode).Value == function {
		return call.Arguments[1].(*ast.IntegerNode).Value
	}
	return 0
}

// predicateOf is the closure of a call that has one.
func predicateOf(n *ast.BuiltinNode) (*ast.PredicateNode, bool) {
	if len(n.Arguments) < 2 {
		return nil, false
	}
	p, ok := n.Arguments[1].(*ast.PredicateNode)
	return p, ok
}

// letsOf are the values of the variables of let in a tree, by name: several where
// closures have one of that name each.
func letsOf(tree ast.Node) map[string][]ast.Node {
	lets := map[string][]ast.Node{}
	eachNode(tree, func(n ast.Node) {
		if let, ok := n.(*ast.VariableDeclaratorNode); ok {
			lets[let.Name] = append(lets[let.Name], let.Value)
		}
	})
	return lets
}

// eachNode calls see for each node of a tree, behind its parts.
func eachNode(tree ast.Node, see func(ast.Node)) {
	ast.Find(tree, func(n ast.Node) bool { see(n); return false })
}

// reader finds the variables that are read in parts of an expression.
type reader struct {
	lets map[string][]ast.Node
	read map[string][]int // by name of a let: what it is made of, each once
}

func (r *reader) readIn(tree ast.Node) reading {
	var in reading
	eachNode(tree, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.StringNode:
			in.constant += len(n.Value)
		case *ast.IdentifierNode:
			if i := variableOf(n); i >= 0 {
				in.vars = append(in.vars, i)
			} else {
				in.lets = append(in.lets, r.madeOf(n.Value)...)
			}
		}
	})
	slices.Sort(in.lets)
	in.lets = slices.Compact(in.lets)
	return in
}

func (r *reader) madeOf(let string) []int {
	if _, known := r.read[let]; known {
		return r.read[let]
	}
	r.read[let] = nil // as long as another of that name is looked at
	var all []int
	for _, value := range r.lets[let] {
		in := r.readIn(value)
		all = slices.Concat(all, in.vars, in.lets)
	}
	slices.Sort(all)
	r.read[let] = slices.Compact(all)
	return r.read[let]
}
