package flows

// Parse reads a flow file. It returns the flow as far as it could be read and
// all problems, sorted; the flow is nil only if the text could not be taken for
// YAML at all. What a diagnostic names is left out of the flow or in it as it
// was written, so a flow with diagnostics is good for editors, not for serving.
// File is used in places only; nothing is opened.
func Parse(file string, src []byte) (*Flow, Diagnostics) {
	p := parser{reader: newReader(file, src)}
	root := p.read()
	if root == nil {
		return nil, p.diags
	}
	flow := p.flow(root)
	p.diags.Sort()
	return flow, p.diags
}

// ParseValue reads any other YAML file, such as app.yaml or a test, with the
// same refusals as Parse but no opinion on its keys. The value is nil only if
// the text could not be taken for YAML at all.
func ParseValue(file string, src []byte) (*Value, Diagnostics) {
	r := newReader(file, src)
	root := r.read()
	r.diags.Sort()
	return root, r.diags
}

// parser gives the values of a flow file their places in a Flow.
type parser struct{ *reader }

var flowKeys = []string{"version", "flow", "description", "endpoints", "input", "nodes", "otherwise", "errors"}

func (p *parser) flow(v *Value) *Flow {
	flow := &Flow{File: p.src.file, Pos: v.Pos}
	for key, f := range p.fields(v, "a flow", flowKeys, "version", "flow", "nodes") {
		switch key {
		case "version":
			p.version(f)
		case "flow":
			flow.Name = p.identifier(f, "flow")
		case "description":
			flow.Description = p.prose(f)
		case "endpoints":
			flow.Endpoints = p.endpoints(f)
		case "input":
			flow.Input = p.inputs(f)
		case "nodes":
			flow.Nodes = p.nodes(f)
		case "otherwise":
			flow.Otherwise = p.name(f)
		case "errors":
			flow.Errors = p.name(f)
		}
	}
	return flow
}

func (p *parser) version(f Field) {
	switch v := f.Value; {
	case p.bad[v]:
	case v.Kind != Int:
		p.wrong(f, "the number 1", "version: 1")
	case v.Int != 1:
		p.refuse(v, "unknown-version", "this program reads version 1 of the language", "version: 1")
	}
}
