package runtime

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// ReadConfig reads app.yaml over the defaults and checks it as serve does. The
// configuration is nil only if the text is no map in YAML.
//
// Secrets are looked up with find, and one that is missing is a problem. Without
// find they are only looked at by name, so that files can be checked where no
// secrets are.
func ReadConfig(file string, src []byte, find SecretFinder) (*Config, flows.Diagnostics) {
	root, diags := flows.ParseValue(file, src)
	if root == nil {
		return nil, diags
	}
	r := configReader{config: DefaultConfig(), root: root, find: find, diags: diags, secretAt: map[flows.Pos]string{}, failedAt: map[flows.Pos]bool{}}
	r.config.file, r.config.root = file, root
	if root.Kind != flows.Map {
		r.report(root.Pos, "wrong-type", "", "app.yaml must be a map, not %s", root.Kind)
		return nil, r.diags
	}
	r.readSecrets()
	r.decode()
	if len(r.diags) == 0 {
		r.diags = r.config.Check()
	}
	r.checkLiterals()
	r.diags.Sort()
	// What a realm takes over from the file is read once more for it.
	r.diags = slices.Compact(r.diags)
	return r.config, r.diags
}

// configReader reads one app.yaml.
type configReader struct {
	config   *Config
	root     *flows.Value
	find     SecretFinder
	diags    flows.Diagnostics
	secretAt map[flows.Pos]string // places where a secret was put, with its name
	failedAt map[flows.Pos]bool   // places of expressions that stand for nothing
}

func (r *configReader) report(pos flows.Pos, code, hint, format string, args ...any) {
	r.diags.Add(pos, code, fmt.Sprintf(format, args...), hint)
}

// readSecrets finds the values of secrets, which the other sections may name.
func (r *configReader) readSecrets() {
	r.config.secrets = map[string]engine.Secret{}
	section := r.root.Get("secrets")
	if section == nil || section.Kind != flows.Map {
		return // decode says what is wrong
	}
	for _, f := range section.Fields {
		// A secret that cannot be found is not missing in the flows that use it.
		r.config.secrets[f.Key.Text] = engine.NewSecret(unresolved)
		var ref SecretRef
		if len(flows.Decode(f.Value, &ref)) > 0 {
			continue
		}
		if err := ref.check(); err != nil {
			r.report(f.Value.Pos, "bad-secret", "write {env: NAME} or {file: path}", "the secret %s %v", f.Key.Text, err)
			continue
		}
		value := unresolved
		if r.find != nil {
			var err error
			if value, err = r.find(ref); err != nil {
				r.report(f.Value.Pos, "missing-secret", "", "the secret %s is missing: %v", f.Key.Text, err)
			}
		}
		r.config.secrets[f.Key.Text] = engine.NewSecret(value)
	}
}

// decode fills the configuration, and that of each realm.
func (r *configReader) decode() {
	file := r.root
	r.read(file, r.config)
	r.decodeRealms(file)
	r.root = file
}

// read fills a configuration from a file, or from what counts of it for a realm. Views
// and errors hold expressions of flows and are left to the engine; elsewhere an
// expression is one secret or parameter.
func (r *configReader) read(file *flows.Value, into *Config) {
	r.root = file
	root := r.sections(file)
	for _, d := range flows.Decode(root, into) {
		if r.failedAt[d.Pos] {
			continue // has been reported
		}
		if name, ok := r.secretAt[d.Pos]; ok {
			// The message may quote the value.
			d.Message, d.Hint = fmt.Sprintf("the value of secrets.%s cannot stand here", name), ""
		}
		if rest, ok := strings.CutPrefix(d.Message, "the section "); ok {
			d.Message = ConfigFile + " " + rest
		}
		r.diags = append(r.diags, d)
	}
	into.Session.RequireFactors = into.Factors.Required
}

// sections are those of a file, or of a realm in it, with what expressions stand for.
func (r *configReader) sections(file *flows.Value) *flows.Value {
	root := *file
	root.Fields = slices.Clone(root.Fields)
	for i, f := range root.Fields {
		switch f.Key.Text {
		case "views", "errors", "secrets", "params":
		case "purposes":
			root.Fields[i].Value = longForms(r.interpolate(f.Value), "class")
		case "outbound":
			root.Fields[i].Value = longForms(r.interpolate(f.Value), "host")
		case "realms":
			root.Fields[i].Value = r.realms(f.Value)
		default:
			root.Fields[i].Value = r.interpolate(f.Value)
		}
	}
	return &root
}

// reference is the only form of expressions outside of views and errors.
var reference = regexp.MustCompile(`^(secrets|params)\.([A-Za-z_][A-Za-z0-9_]*)$`)

// interpolate is v with every expression replaced by what it stands for. It
// works on the parsed tree, so that no value can change what the file says.
func (r *configReader) interpolate(v *flows.Value) *flows.Value {
	c := *v
	switch {
	case v.Kind == flows.List:
		c.Items = slices.Clone(v.Items)
		for i := range c.Items {
			c.Items[i] = r.interpolate(c.Items[i])
		}
	case v.Kind == flows.Map:
		c.Fields = slices.Clone(v.Fields)
		for i := range c.Fields {
			c.Fields[i].Value = r.interpolate(c.Fields[i].Value)
		}
	case v.Parts != nil:
		return r.referred(v)
	}
	return &c
}

// referred is the value that an expression stands for.
func (r *configReader) referred(v *flows.Value) *flows.Value {
	var m []string
	if v.IsExpr() {
		m = reference.FindStringSubmatch(v.Parts[0].Expr)
	}
	if m == nil {
		r.report(v.Pos, "misplaced-expression", "", "here app.yaml takes a value, a whole ${{ secrets.x }} or a whole ${{ params.x }}")
		return r.nothing(v)
	}
	name := m[2]
	if m[1] == "params" {
		if found := r.root.Get("params").Get(name); found != nil {
			c := *found
			c.Pos = v.Pos
			return &c
		}
		return r.unknown(v, "params", name, fieldNames(r.root.Get("params")))
	}
	secret, ok := r.config.secrets[name]
	if !ok {
		if r.root.Get("secrets").Get(name) != nil {
			return r.nothing(v) // the secret itself is wrong
		}
		return r.unknown(v, "secrets", name, slices.Collect(maps.Keys(r.config.secrets)))
	}
	r.secretAt[v.Pos] = name
	return &flows.Value{Kind: flows.String, Pos: v.Pos, Text: secret.Reveal()}
}

// nothing stands for an expression that has been reported.
func (r *configReader) nothing(v *flows.Value) *flows.Value {
	r.failedAt[v.Pos] = true
	return &flows.Value{Kind: flows.Null, Pos: v.Pos}
}

func (r *configReader) unknown(v *flows.Value, section, name string, known []string) *flows.Value {
	hint := ""
	if meant := flows.Suggest(name, known); meant != "" {
		hint = fmt.Sprintf("did you mean %s.%s?", section, meant)
	}
	r.report(v.Pos, "unknown-name", hint, "there is no %s.%s", section, name)
	return r.nothing(v)
}

func fieldNames(v *flows.Value) []string {
	var names []string
	if v != nil {
		for _, f := range v.Fields {
			names = append(names, f.Key.Text)
		}
	}
	return names
}

// longForms writes the items of a map or a list out of which only the key field is said.
func longForms(v *flows.Value, key string) *flows.Value {
	long := func(item *flows.Value) *flows.Value {
		if item.Kind != flows.String {
			return item
		}
		field := flows.Field{Key: flows.Name{Text: key, Pos: item.Pos}, Value: item}
		return &flows.Value{Kind: flows.Map, Pos: item.Pos, Fields: []flows.Field{field}}
	}
	v.Fields, v.Items = slices.Clone(v.Fields), slices.Clone(v.Items) // which may be those of a parameter
	for i, f := range v.Fields {
		v.Fields[i].Value = long(f.Value)
	}
	for i, item := range v.Items {
		v.Items[i] = long(item)
	}
	return v
}

// realms reads what realms have of their own, and reports sections that no realm can
// have, which it leaves out.
func (r *configReader) realms(v *flows.Value) *flows.Value {
	c := *v
	c.Fields = slices.Clone(v.Fields)
	for i, realm := range c.Fields {
		if realm.Value.Kind != flows.Map {
			c.Fields[i].Value = r.interpolate(realm.Value)
			continue
		}
		own := r.sections(realm.Value)
		own.Fields = slices.DeleteFunc(own.Fields, func(f flows.Field) bool {
			if !slices.Contains(shared, f.Key.Text) {
				return false
			}
			r.report(f.Key.Pos, "realm-section", "remove this section, or write it outside of realms",
				"%q counts for all realms and cannot be set for one", f.Key.Text)
			return true
		})
		c.Fields[i].Value = own
	}
	return &c
}

// shared are the sections that are the same for all realms.
var shared = []string{"version", "server", "store", "secrets", "outbound", "proofs", "realms"}
