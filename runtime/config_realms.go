package runtime

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/oauth"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/session"
)

// RealmConfig is what a realm has of its own. Its sections are laid over those of the
// file: maps are merged, anything else is replaced. For gives the whole.
type RealmConfig struct {
	Hosts   []string     `yaml:"hosts"`   // host names, with a port or without
	Origins []string     `yaml:"origins"` // to which redirects may lead, besides the hosts
	Clients oauth.Config `yaml:"clients"`

	Providers map[string]provider.Config `yaml:"providers"`

	Keys     key.Config               `yaml:"keys"`
	Session  session.Config           `yaml:"session"`
	Password RealmPasswordConfig      `yaml:"password"`
	Factors  FactorsConfig            `yaml:"factors"`
	Purposes map[string]PurposeConfig `yaml:"purposes"`
	Params   map[string]any           `yaml:"params"`
	Mail     letter.MailConfig        `yaml:"mail"`
	Messages letter.MessagesConfig    `yaml:"messages"`
	CORS     CORSConfig               `yaml:"cors"`
	Views    *flows.Value             `yaml:"views"`
	Errors   *flows.Value             `yaml:"errors"`
}

// RealmPasswordConfig is the part of the section password that a realm may have of its
// own. What a hash costs is the same for all.
type RealmPasswordConfig struct {
	MinLength int `yaml:"minLength"`
}

// visible are the sections of a realm that flows can see. A realm that has one of its own
// has programs of its own, and they count at once.
var visible = []string{"params", "purposes", "views", "errors", "session", "keys"}

// notInherited are the sections, and parts of sections, that say whom a realm trusts.
// Those of the file are the main realm's; another has only what it names itself.
var notInherited = []string{"clients", "cors.origins", "providers", "server.publicUrl"}

// For is the configuration of a realm: that of the file, with what the realm has of its
// own. A realm that the file does not name has the main one's.
func (c *Config) For(realm string) *Config {
	if own := c.realms[realm]; own != nil {
		return own
	}
	return c
}

// ParamsOf are the application's own values in a realm.
func (c *Config) ParamsOf(realm string) map[string]any { return c.For(realm).Params }

// RealmNames are the realms that the file names, and the main one, sorted.
func (c *Config) RealmNames() []string {
	names := slices.Collect(maps.Keys(c.Realms))
	if !slices.Contains(names, engine.MainRealm) {
		names = append(names, engine.MainRealm)
	}
	slices.Sort(names)
	return names
}

// overlay is the file as it counts for a realm.
func overlay(file *flows.Value, name string, realm *flows.Value) *flows.Value {
	whole := *file
	whole.Fields = slices.Clone(file.Fields)
	whole.Fields = slices.DeleteFunc(whole.Fields, func(f flows.Field) bool { return f.Key.Text == "realms" })
	if name != engine.MainRealm {
		for _, path := range notInherited {
			whole = *without(&whole, strings.Split(path, "."))
		}
	}
	if realm.Get("mail").Get("smtp").Get("host") != nil {
		whole = *without(&whole, []string{"mail", "smtp"}) // what signs in to one server is not shown to another
	}
	own := *realm
	own.Fields = slices.DeleteFunc(slices.Clone(realm.Fields), func(f flows.Field) bool { return !slices.Contains(sectionsOfRealms, f.Key.Text) })
	return merged(&whole, &own)
}

// sectionsOfRealms are the sections of the file that a realm may have of its own.
var sectionsOfRealms = func() []string {
	var names []string
	for sf := range reflect.TypeFor[RealmConfig]().Fields() {
		if name := sf.Tag.Get("yaml"); name != "hosts" && name != "origins" {
			names = append(names, name)
		}
	}
	return names
}()

// without is a map without what lies at a path. v stays what it was.
func without(v *flows.Value, path []string) *flows.Value {
	if v == nil || v.Kind != flows.Map {
		return v
	}
	c := *v
	c.Fields = slices.Clone(v.Fields)
	if len(path) == 1 {
		c.Fields = slices.DeleteFunc(c.Fields, func(f flows.Field) bool { return f.Key.Text == path[0] })
		return &c
	}
	for i, f := range c.Fields {
		if f.Key.Text == path[0] {
			c.Fields[i].Value = without(f.Value, path[1:])
		}
	}
	return &c
}

// merged is a map with the fields of another laid over it.
func merged(under, over *flows.Value) *flows.Value {
	if under == nil || under.Kind != flows.Map || over.Kind != flows.Map {
		return over
	}
	c := *under
	c.Fields = slices.Clone(under.Fields)
	for _, f := range over.Fields {
		i := slices.IndexFunc(c.Fields, func(g flows.Field) bool { return g.Key.Text == f.Key.Text })
		if i < 0 {
			c.Fields = append(c.Fields, f)
			continue
		}
		f.Value = merged(c.Fields[i].Value, f.Value)
		c.Fields[i] = f
	}
	return &c
}

// decodeRealms makes the configuration of each realm of the file.
func (r *configReader) decodeRealms(file *flows.Value) {
	section := file.Get("realms")
	if section == nil || section.Kind != flows.Map {
		return
	}
	r.config.realms = map[string]*Config{}
	for _, f := range section.Fields {
		if f.Value.Kind != flows.Map {
			continue // which has been reported
		}
		c := DefaultConfig()
		c.file, c.secrets, c.root = r.config.file, r.config.secrets, overlay(file, f.Key.Text, f.Value)
		c.own = slices.ContainsFunc(visible, func(section string) bool { return f.Value.Get(section) != nil })
		r.read(c.root, c)
		if len(r.config.Realms[f.Key.Text].Hosts) > 0 {
			c.Server.PublicURL = r.config.PublicURL(f.Key.Text)
		}
		r.config.realms[f.Key.Text] = c
	}
}

// checkRealm checks what a realm has of its own, as it counts together with the file.
func (r *configChecker) checkRealm(name string) {
	own := r.config.realms[name]
	if own == nil {
		return
	}
	part := configChecker{config: own}
	part.checkSections()
	for _, d := range part.diags {
		if !slices.Contains(r.diags, d) {
			r.diags = append(r.diags, d)
		}
	}
}

// later is what a realm has that counts from the next start only.
func (c RealmConfig) later() RealmConfig {
	c.Params, c.Purposes, c.Views, c.Errors = nil, nil, nil, nil
	return c
}

// ownOrigins are the origins of the hosts of a realm, as browsers see them.
func (c *Config) ownOrigins(realm string) []string {
	scheme, _, _ := strings.Cut(cmp.Or(c.Origin(), "http://"), "://")
	var all []string
	for _, host := range c.Realms[realm].Hosts {
		all = append(all, scheme+"://"+strings.ToLower(host))
	}
	return all
}
