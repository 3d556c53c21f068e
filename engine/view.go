package engine

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/latchwork/latchwork/flows"
)

// view is a named shape of app.yaml, such as what a client sees of a user. It
// is put in the place of its calls, so that every rule sees through it.
type view struct {
	name   flows.Name
	of     flows.Name
	shape  *flows.Value
	typ    reflect.Type
	faulty bool // a problem was reported in app.yaml
}

// readViews reads the views of app.yaml and looks at each by itself: what is
// wrong with a view is wrong there, not where it is used.
func (c *compilation) readViews() {
	c.views = map[string]*view{}
	if c.app.Views == nil {
		return
	}
	for _, f := range c.app.Views.Fields {
		v := &view{name: f.Key, shape: f.Value.Get("shape"), faulty: true}
		c.views[f.Key.Text] = v
		if of := f.Value.Get("of"); of != nil {
			v.of = flows.Name{Text: of.Text, Pos: of.Pos}
		}
		v.typ = c.goTypes[v.of.Text]
		switch {
		case v.shape == nil:
			c.report(f.Key.Pos, "bad-view", "add shape: {…}", "view %s has no shape", f.Key.Text)
		case !v.of.IsSet():
			c.report(f.Key.Pos, "bad-view", "add of: and the type, such as user.User", "view %s does not say what it is of", f.Key.Text)
		case v.typ == nil:
			c.report(v.of.Pos, "unknown-go-type", didYouMean(v.of.Text, c.goTypeNames()), "no node gives %s", v.of.Text)
		default:
			v.faulty = false
		}
	}
	for _, f := range c.app.Views.Fields {
		if v := c.views[f.Key.Text]; !v.faulty {
			v.faulty = c.outside("it", v.typ).build(v.shape, anyType, nil, true) == nil
		}
	}
}

// view puts the shape of a view in the place of its call. What it is of becomes
// the variable "it", so that it is worked out once.
func (r *resolver) view(n *ast.CallNode, name string) ast.Node {
	v := r.g.views[name]
	if v == nil {
		var known []string
		for k := range r.g.views {
			known = append(known, k)
		}
		slices.Sort(known)
		hint := didYouMean(name, known)
		if hint == "" {
			hint = "name it under views of app.yaml"
		}
		return r.refuse(n, "unknown-view", hint, "no view is named %s", name)
	}
	if len(n.Arguments) != 1 {
		return r.refuse(n, "bad-view", "", "view.%s takes one value", name)
	}
	if slices.Contains(r.views, name) {
		return r.refuse(n, "bad-view", "", "view %s uses itself", name)
	}
	if v.faulty {
		r.failed, r.g.incomplete = true, true
		return &ast.NilNode{}
	}
	arg := n.Arguments[0]
	if words, plain := r.words(arg); plain {
		if p, used, miss := r.find(words); miss == nil && used == len(words) && !p.unknown && baseType(p.typ) != v.typ && p.typ != anyType {
			return r.refuse(arg, "bad-type", "", "view.%s is of %s, not of %s", name, typeText(v.typ), typeText(p.typ))
		}
	}
	body, ok := r.shape(v.shape)
	if !ok {
		r.failed = true
		return &ast.NilNode{}
	}
	// What cannot be done with this value is told where the view is used.
	ast.Walk(&body, locate(n.Location()))
	if r.parts += partsOf(body); r.parts > maxExprNodes {
		r.failed = true
		r.g.tooManyParts(r.e.part.Pos)
		return &ast.NilNode{}
	}
	r.views = append(r.views, name)
	defer func() { r.views = r.views[:len(r.views)-1] }()

	// A plain path is put in place, so that its fields stay plain paths.
	if _, plain := r.words(arg); plain {
		ast.Walk(&body, substitute{arg})
		return r.resolve(body)
	}
	// No source can write such a name, and no two views have the same.
	r.its++
	it := "it$" + strconv.Itoa(r.its)
	ast.Walk(&body, substitute{&ast.IdentifierNode{Value: it}})
	let := &ast.VariableDeclaratorNode{Name: it, Value: arg, Expr: body}
	let.SetLocation(n.Location())
	return r.resolve(let)
}

// locate gives all nodes of a tree one place.
type locate file.Location

func (l locate) Visit(n *ast.Node) { (*n).SetLocation(file.Location(l)) }

// partsOf is how many nodes a tree has.
func partsOf(n ast.Node) int {
	var c counter
	ast.Walk(&n, &c)
	return int(c)
}

type counter int

func (c *counter) Visit(*ast.Node) { *c++ }

// substitute puts a plain path, or a variable, in the place of it.
type substitute struct{ path ast.Node }

func (s substitute) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok && id.Value == "it" {
		*n = clonePath(s.path)
	}
}

// clonePath copies a chain of members: resolving changes nodes in place.
func clonePath(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.MemberNode:
		m := *n
		m.Node = clonePath(n.Node)
		return &m
	case *ast.ChainNode:
		c := *n
		c.Node = clonePath(n.Node)
		return &c
	case *ast.IdentifierNode:
		id := *n
		return &id
	}
	return n
}

// shape turns the YAML of a view into an expression.
func (r *resolver) shape(v *flows.Value) (ast.Node, bool) {
	switch v.Kind {
	case flows.Bool:
		return &ast.BoolNode{Value: v.Bool}, true
	case flows.Int:
		return &ast.IntegerNode{Value: int(v.Int)}, true
	case flows.Float:
		return &ast.FloatNode{Value: v.Float}, true
	case flows.String:
		return r.shapeText(v)
	case flows.List:
		list := &ast.ArrayNode{}
		for _, item := range v.Items {
			n, ok := r.shape(item)
			if !ok {
				return nil, false
			}
			list.Nodes = append(list.Nodes, n)
		}
		return list, true
	case flows.Map:
		object := &ast.MapNode{}
		for _, f := range v.Fields {
			n, ok := r.shape(f.Value)
			if !ok {
				return nil, false
			}
			object.Pairs = append(object.Pairs, &ast.PairNode{Key: &ast.StringNode{Value: f.Key.Text}, Value: n})
		}
		return object, true
	}
	return &ast.NilNode{}, true
}

func (r *resolver) shapeText(v *flows.Value) (ast.Node, bool) {
	if v.Parts == nil {
		return &ast.StringNode{Value: v.Text}, true
	}
	var sum ast.Node
	for _, part := range v.Parts {
		var n ast.Node = &ast.StringNode{Value: part.Literal}
		if part.IsExpr {
			tree, ok := r.g.parseExpr(part)
			if !ok {
				return nil, false
			}
			n = tree.Node
			if !v.IsExpr() {
				n = &ast.CallNode{Callee: &ast.IdentifierNode{Value: "string"}, Arguments: []ast.Node{n}}
			}
		}
		if sum == nil {
			sum = n
		} else {
			sum = &ast.BinaryNode{Operator: "+", Left: sum, Right: n}
		}
	}
	return sum, true
}
