package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	endpointKeys = []string{"method", "path", "require", "groups", "scope", "rate", "accepts", "crossSite"}
	methods      = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	requirements = []string{"none", "apikey", "session"}
)

func (p *parser) endpoints(f Field) []Endpoint {
	items := p.list(f, "endpoints", "begin each endpoint with a dash: - {method: POST, path: /sign-in, require: apikey}")
	endpoints := make([]Endpoint, 0, len(items))
	for _, item := range items {
		endpoints = append(endpoints, p.endpoint(item))
	}
	return endpoints
}

func (p *parser) endpoint(v *Value) Endpoint {
	e := Endpoint{Pos: v.Pos}
	var groups, scope *Field
	for key, f := range p.fields(v, "an endpoint", endpointKeys, "method", "path", "require") {
		switch key {
		case "method":
			e.Method = p.method(f)
		case "path":
			e.Path = p.path(f)
		case "require":
			e.Require = p.require(f)
		case "groups":
			e.Groups, groups = p.names(f, "access groups", false), &f
		case "scope":
			e.Scope, scope = p.name(f), &f
		case "rate":
			e.Rate = p.rate(f)
		case "accepts":
			e.Accepts = p.oneOf(f, "json", "form")
		case "crossSite":
			e.CrossSite = p.reason(f)
		}
	}
	p.demands(v, e, groups, "session")
	p.demands(v, e, scope, "apikey")
	return e
}

// demands reports a key of an endpoint that means nothing without a requirement.
func (p *parser) demands(v *Value, e Endpoint, f *Field, requirement string) {
	require := v.Get("require")
	if f == nil || require == nil || p.bad[require] || p.bad[f.Value] {
		return
	}
	if !slices.ContainsFunc(e.Require, func(n Name) bool { return n.Text == requirement }) {
		hint := fmt.Sprintf("add %s to require", requirement)
		p.report(f.Key.Pos, "missing-requirement", fmt.Sprintf("%q needs an endpoint that requires %s", f.Key.Text, requirement), hint)
	}
}

func (p *parser) method(f Field) Name {
	name, ok := p.text(f)
	if upper := strings.ToUpper(name.Text); ok && upper != name.Text && slices.Contains(methods, upper) {
		p.refuse(f.Value, "bad-value", fmt.Sprintf("a method must be in capitals, not %q", name.Text), "method: "+upper)
	} else if ok && !p.among(name, "method", methods) {
		p.bad[f.Value] = true
	}
	return name
}

// require is always written: "none" alone, or one or both of the others.
func (p *parser) require(f Field) []Name {
	switch v := f.Value; {
	case p.bad[v]:
		return nil
	case v.Kind == List && len(v.Items) == 0:
		p.refuse(v, "bad-value", `"require" must not be empty`, "write require: none for an open endpoint")
		return nil
	case v.Kind != List && v.Kind != String:
		p.wrong(f, alternatives(requirements)+", or a list of the last two", "write require: none for an open endpoint")
		return nil
	}
	var required []Name
	for _, name := range p.names(f, "requirements", true) {
		switch {
		case !p.among(name, "require", requirements):
			p.bad[f.Value] = true
		case name.Text != "none":
			required = append(required, name)
		case f.Value.Kind == List && len(f.Value.Items) > 1:
			p.report(name.Pos, "bad-value", `"none" must stand alone`, "require: none, or the list without it")
		}
	}
	return required
}

var rateKeys = []string{"max", "per"}

func (p *parser) rate(f Field) *Rate {
	rate := &Rate{Pos: f.Value.Pos}
	if v := f.Value; !p.bad[v] && v.Kind != Map {
		p.wrong(f, "a map", "rate: {max: 20, per: 1m}")
		return rate
	}
	for key, f := range p.fields(f.Value, `"rate"`, rateKeys, "max", "per") {
		switch key {
		case "max":
			rate.Max = p.positive(f)
		case "per":
			rate.Per = p.duration(f)
		}
	}
	return rate
}

// positive is a whole number from 1 to two thousand million.
func (p *parser) positive(f Field) int {
	v := f.Value
	switch {
	case p.bad[v]:
		return 0
	case v.Kind != Int:
		p.wrong(f, "a whole number", "")
	case v.Int < 1 || v.Int > 2e9:
		p.refuse(v, "bad-value", fmt.Sprintf("%q must be 1 or more, not %d", f.Key.Text, v.Int), "")
	}
	return int(v.Int)
}

// reason is the text that says why a rule is lifted.
func (p *parser) reason(f Field) Name {
	if v := f.Value; !p.bad[v] && (v.Kind != String || strings.TrimSpace(v.Text) == "") {
		p.refuse(v, "missing-reason", fmt.Sprintf("%q must have a reason", f.Key.Text), f.Key.Text+": why this is safe here")
	}
	name, _ := p.text(f)
	return name
}

var (
	segmentForm   = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()+,;=:@-]+$`)
	parameterForm = regexp.MustCompile(`^\{[A-Za-z_][A-Za-z0-9_]*\}$`)
)

// maxPath is the longest path of an endpoint, in bytes; no browser or proxy
// refuses one of that length.
const maxPath = 1024

// path is a route: segments of fixed text or one {name} each.
func (p *parser) path(f Field) Name {
	name, ok := p.text(f)
	if !ok {
		return name
	}
	refuse := func(message, hint string) Name {
		p.refuse(f.Value, "bad-path", message, hint)
		return name
	}
	if len(name.Text) > maxPath {
		return refuse(fmt.Sprintf("a path must have at most %d bytes", maxPath), "")
	}
	rest, ok := strings.CutPrefix(name.Text, "/")
	if !ok {
		return refuse(fmt.Sprintf("a path must begin with /, not be %q", name.Text), "path: /"+name.Text)
	}
	if rest == "" {
		return name
	}
	var seen []string
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		switch last := i == len(segments)-1; {
		case segment == "" && last:
		case segment == "":
			return refuse("a path must not have empty segments", "remove one /")
		case segment == "." || segment == "..":
			return refuse(fmt.Sprintf("a path must not have the segment %q", segment), "")
		case slices.Contains(seen, segment):
			return refuse(fmt.Sprintf("the path has %s twice", segment), "give each parameter a name of its own")
		case parameterForm.MatchString(segment):
			seen = append(seen, segment)
		case strings.ContainsAny(segment, "{}"):
			hint := "declare what it may be under input"
			if !strings.Contains(segment, ":") {
				hint = "write {name} between slashes"
			}
			return refuse(fmt.Sprintf("a parameter must be a whole segment such as {id}, not %q", segment), hint)
		case strings.HasPrefix(segment, ":"):
			return refuse(fmt.Sprintf("a parameter is written {name}, not %q", segment), "path: "+strings.Replace(name.Text, segment, "{"+segment[1:]+"}", 1))
		case strings.Contains(segment, "*"):
			return refuse(fmt.Sprintf("a path has no wildcards such as %q", segment), "give what differs a name: /files/{name}")
		case !segmentForm.MatchString(segment):
			return refuse(fmt.Sprintf("a segment of a path must have letters, digits and -._~!$&'()+,;=:@ only, not %q", segment), "")
		}
	}
	return name
}
