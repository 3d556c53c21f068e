package engine

import (
	"maps"
	"reflect"
	"slices"
)

// ProgramDoc describes what a program takes and answers, as far as that is known
// before a run: what a contract for its callers is made of.
type ProgramDoc struct {
	Flow    string
	Doc     string // the flow's description
	Inputs  []InputDoc
	Answers []AnswerDoc
	Errors  []ErrorDoc
	Ends    bool // it may end the session of the request, of which the client is told
}

// InputDoc describes an input of a flow.
type InputDoc struct {
	Name     string
	From     []OriginDoc // the first that is there counts
	Schema   JSONSchema  // what is declared, with its default
	Optional bool        // it may be missing
	Secret   bool
}

// OriginDoc is a place of a request.
type OriginDoc struct {
	In   string // "body", "query", "path", "header" or "cookie"
	Name string
}

// AnswerDoc describes the answer of one node.
type AnswerDoc struct {
	Node     string // its id
	Type     string // respond, redirect or page
	Statuses []int  // which it may have; none where that is known only in a run
	Body     JSONSchema
	Header   map[string]JSONSchema // fields that the flow sets
	Cookies  []string              // that the flow sets
	Session  bool                  // it hands a session over
}

// ErrorDoc describes an error answer.
type ErrorDoc struct {
	Node    string
	Status  int    // 0 where it is known only in a run
	Code    string // "" where it is known only in a run
	Message string
	Waits   bool // it may say when to try again
}

// Describe describes the program.
func (p *Program) Describe() *ProgramDoc { return p.doc }

// describeProgram is what is known of a program before its graph is forgotten.
func (g *graph) describeProgram() *ProgramDoc {
	d := &ProgramDoc{Flow: g.flow.Name.Text, Doc: g.flow.Description}
	for _, a := range g.inputs {
		d.Inputs = append(d.Inputs, g.describeInput(a))
	}
	if len(g.inputs) > 0 {
		d.Errors = append(d.Errors, ErrorDoc{Node: "input", Status: 400, Code: "validation_error", Message: "An input is missing, is of another type or breaks a rule."})
	}
	for _, v := range g.vertices {
		if g.before[v.index].left == nil {
			continue
		}
		d.Errors = append(d.Errors, closedDefaults(v)...)
		if v.typ == nil {
			continue
		}
		d.Ends = d.Ends || v.typ.endsSession
		if v.onError == nil || v.onError.to == nil {
			d.Errors = append(d.Errors, v.refusals()...)
		}
		switch v.typ.ends {
		case endFail:
			d.Errors = append(d.Errors, describeFail(v)...)
		case endAnswer, endRedirect:
			d.Answers = append(d.Answers, describeAnswer(v))
		}
	}
	return d
}

// closedDefaults are the errors by which outcomes end the run.
func closedDefaults(v *vertex) []ErrorDoc {
	var docs []ErrorDoc
	for _, x := range v.exits {
		if x.edge == nil || x.edge.to != nil || x.edge.failure == nil {
			continue
		}
		f := x.edge.failure
		docs = append(docs, ErrorDoc{Node: v.id, Status: f.Status, Code: f.Code, Message: f.Message, Waits: fieldNamed(x.spec.outputs, "retryAfter") != nil})
	}
	return docs
}

// refusals are the client's errors that the node's type declares, without those
// that concern an input that is not given.
func (v *vertex) refusals() []ErrorDoc {
	var docs []ErrorDoc
	if v.typ.refuses || !v.isChosen() {
		docs = append(docs, ErrorDoc{Node: v.id, Status: 400, Code: "validation_error", Message: "An input has a value that is not taken."})
	}
	for _, r := range v.typ.refusals {
		if r.input != "" && !v.gives(r.input) {
			continue
		}
		docs = append(docs, ErrorDoc{Node: v.id, Status: r.Status, Code: r.Code, Message: r.Message, Waits: r.Status == 429 || r.Status == 503})
	}
	return docs
}

// isChosen reports whether a node that needs some of its optional inputs is given
// as many as it needs, whatever they are.
func (v *vertex) isChosen() bool {
	given, always := v.chosen()
	if v.typ.choice.one {
		return len(given) == 1 && len(always) == 1
	}
	return len(v.typ.choice.inputs) == 0 || len(always) > 0
}

// gives reports whether a vertex is given an input that is not always empty.
func (v *vertex) gives(input string) bool {
	a := v.argument(input)
	if a == nil || a.value == nil {
		return false
	}
	c := a.value.constant
	return !c.IsValid() || !isNull(c.Interface()) && !(c.Kind() == reflect.Slice && c.Len() == 0)
}

// describeFail is the errors that a node fail may answer with: one for each pair
// of what its status and its code may be.
func describeFail(v *vertex) []ErrorDoc {
	statuses := statusesOf(v)
	if len(statuses) == 0 {
		statuses = []int{0}
	}
	codes, messages := constantTexts(v.argument("code")), constantTexts(v.argument("message"))
	if len(codes) == 0 {
		codes = []string{""}
	}
	message := ""
	if len(messages) == 1 {
		message = messages[0]
	}
	var docs []ErrorDoc
	for _, status := range statuses {
		for _, code := range codes {
			docs = append(docs, ErrorDoc{Node: v.id, Status: status, Code: code, Message: message})
		}
	}
	return docs
}

func describeAnswer(v *vertex) AnswerDoc {
	d := AnswerDoc{Node: v.id, Type: v.typ.name, Statuses: statusesOf(v), Session: v.argument("session") != nil}
	if a := v.argument("body"); a != nil {
		d.Body = newDescriber().value(a.value)
	}
	if a := v.argument("headers"); a != nil {
		d.Header = map[string]JSONSchema{}
		for name, s := range membersOf(newDescriber().value(a.value)) {
			d.Header[name] = s
		}
	}
	if a := v.argument("cookies"); a != nil {
		d.Cookies = slices.Sorted(maps.Keys(membersOf(newDescriber().value(a.value))))
	}
	return d
}

// membersOf are the fields of an object, as far as they are known.
func membersOf(s JSONSchema) map[string]JSONSchema {
	m, _ := s["properties"].(map[string]JSONSchema)
	return m
}

// statusesOf are the statuses that a node may answer with, none where they are not
// known.
func statusesOf(v *vertex) []int {
	a := v.argument("status")
	if a == nil {
		return nil
	}
	values, known := newDescriber().value(a.value).constants()
	var statuses []int
	for _, c := range values {
		n, whole := c.(int)
		if !whole {
			return nil
		}
		statuses = append(statuses, n)
	}
	if !known {
		return nil
	}
	slices.Sort(statuses)
	return slices.Compact(statuses)
}

// constantTexts are the texts that an argument may be, none where they are not
// known.
func constantTexts(a *argument) []string {
	if a == nil {
		return nil
	}
	values, known := newDescriber().value(a.value).constants()
	var texts []string
	for _, c := range values {
		text, ok := c.(string)
		if !ok {
			return nil
		}
		texts = append(texts, text)
	}
	if !known {
		return nil
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
