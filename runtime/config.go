package runtime

import (
	"errors"
	"net/netip"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/oauth"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/session"
)

// Config is app.yaml. DefaultConfig makes one with what counts where nothing is
// written, ReadConfig one from a file.
type Config struct {
	Version  int                      `yaml:"version,required"`
	Server   ServerConfig             `yaml:"server"`
	Store    StoreConfig              `yaml:"store"`
	Keys     key.Config               `yaml:"keys"`
	Session  session.Config           `yaml:"session"`
	Password password.Config          `yaml:"password"`
	Factors  FactorsConfig            `yaml:"factors"`
	Purposes map[string]PurposeConfig `yaml:"purposes"`
	Secrets  map[string]SecretRef     `yaml:"secrets"`
	Params   map[string]any           `yaml:"params"`
	Mail     letter.MailConfig        `yaml:"mail"`
	Messages letter.MessagesConfig    `yaml:"messages"`
	Clients  oauth.Config             `yaml:"clients"`  // to which users of the main realm are handed over
	Outbound outbound.Reach           `yaml:"outbound"` // hosts that nodes may call

	Providers map[string]provider.Config `yaml:"providers"` // by which people of the main realm sign in

	CORS   CORSConfig             `yaml:"cors"`
	Proofs []flows.Name           `yaml:"proofs"`
	Views  *flows.Value           `yaml:"views"`
	Errors *flows.Value           `yaml:"errors"`
	Realms map[string]RealmConfig `yaml:"realms"`

	file    string       // "" for defaults
	root    *flows.Value // of the file, for places; nil for defaults
	secrets map[string]engine.Secret
	realms  map[string]*Config // as they count for each realm that the file names
	own     bool               // of a realm: flows see something else there
}

// ServerConfig says where the server listens and what it accepts.
type ServerConfig struct {
	Listen         string        `yaml:"listen"`      // host:port of the public address
	Admin          string        `yaml:"admin"`       // host:port of administration; "" for none
	AdminSecret    string        `yaml:"adminSecret"` // bearer token of administration; needed off loopback
	PublicURL      string        `yaml:"publicUrl"`   // the address that browsers see; "" for that of listen
	BasePath       string        `yaml:"basePath"`    // before the paths of all endpoints
	BodyLimit      flows.Size    `yaml:"bodyLimit"`
	Timeout        time.Duration `yaml:"timeout"` // of one run
	TrustedProxies []Proxy       `yaml:"trustedProxies"`
}

// StoreConfig says where state is kept.
type StoreConfig struct {
	SQLite       string `yaml:"sqlite"`       // path of the database file, from the folder of app.yaml
	SessionCache int    `yaml:"sessionCache"` // sessions kept in memory; 0 for none
	Key          string `yaml:"key"`          // of the installation, in base64; "" for that in the file beside the database
}

// FactorsConfig says what a sign-in asks for.
type FactorsConfig struct {
	Required bool `yaml:"required"` // a second factor, enrolled or not
}

// PurposeConfig is a purpose of tokens and codes. It may be written as its class alone.
type PurposeConfig struct {
	Class    flows.Name    `yaml:"class,required"`
	Lifetime time.Duration `yaml:"lifetime"` // of its tokens; 0 for that of the class
}

// CORSConfig lists the origins whose pages may call the application.
type CORSConfig struct {
	Origins     []string `yaml:"origins"`     // exact, such as https://app.example.com
	Credentials bool     `yaml:"credentials"` // browsers may send cookies along
	Headers     []string `yaml:"headers"`     // that pages may send, besides those of credentials and of flows
}

// Proxy is one address, or a range of them in CIDR notation, from which
// X-Forwarded-For is believed.
type Proxy struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.1, 10.0.0.0/8 or their like of IPv6.
func (p *Proxy) UnmarshalText(text []byte) error {
	if addr, err := netip.ParseAddr(string(text)); err == nil {
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
	} else if p.Prefix, err = netip.ParsePrefix(string(text)); err != nil {
		return errors.New("it is neither an address, such as 10.0.0.1, nor a range, such as 10.0.0.0/8")
	}
	return nil
}

// DefaultConfig is the configuration of an application without app.yaml.
func DefaultConfig() *Config {
	return &Config{
		Version: 1,
		Server: ServerConfig{
			Listen:    "127.0.0.1:8080",
			Admin:     "127.0.0.1:8081",
			BasePath:  "/",
			BodyLimit: 64 << 10,
			Timeout:   10 * time.Second,
		},
		Store: StoreConfig{SQLite: "app.db"},
		Keys:  key.Config{From: []key.Carrier{{Header: "Authorization"}, {Query: "apikey"}}},
		Session: session.Config{
			From:     []session.Carrier{{Header: "Session"}},
			Idle:     session.DefaultIdle,
			Absolute: session.DefaultAbsolute,
		},
	}
}

// App is the part of the configuration that flows can see, in the main realm and in those
// that differ from it.
func (c *Config) App() *engine.App {
	main := c.For(engine.MainRealm)
	app := main.app()
	for name := range c.Realms {
		if own := c.For(name); name != engine.MainRealm && (own.own || main.own) {
			if app.Realms == nil {
				app.Realms = map[string]*engine.App{}
			}
			app.Realms[name] = own.app()
		}
	}
	return app
}

func (c *Config) app() *engine.App {
	purposes, lifetimes := make(map[string]string, len(c.Purposes)), map[string]time.Duration{}
	for name, p := range c.Purposes {
		purposes[name] = p.Class.Text
		if p.Lifetime != 0 {
			lifetimes[name] = p.Lifetime
		}
	}
	return &engine.App{
		File:     c.file,
		Params:   c.Params,
		Secrets:  c.secrets,
		Purposes: purposes,
		Proofs:   c.Proofs,
		Views:    c.Views,
		Errors:   c.Errors,
		Cookies:  c.Session.Cookie() != "",

		Credentials: c.Credentials(),

		Lifetimes: lifetimes,
		Formats:   c.formats(),
		BodyLimit: int(c.Server.BodyLimit),
	}
}

// formats look at what depends on sections that flows do not read. A host whose name
// nobody has looked up may be any.
func (c *Config) formats() map[string]engine.Check {
	if slices.ContainsFunc(c.Outbound, func(h outbound.Host) bool { return h.Name == unresolved }) {
		return nil
	}
	return map[string]engine.Check{outbound.Format: c.Outbound.Judge}
}

// Credentials are the places in requests where sessions and keys are looked for, as flows
// name them. A public key is no secret.
func (c *Config) Credentials() []string {
	var places []string
	add := func(in, name string) {
		if name != "" {
			places = append(places, in+"."+name)
		}
	}
	for _, s := range c.Session.From {
		add("header", textproto.CanonicalMIMEHeaderKey(s.Header))
		add("cookie", s.Cookie)
	}
	for _, k := range c.Keys.From {
		if k.Kind != key.Public {
			add("header", textproto.CanonicalMIMEHeaderKey(k.Header))
			add("query", k.Query)
		}
	}
	return places
}

// Later names the sections in which next differs from c and which a server reads
// once, when it starts. What flows can see, which is App, is not among them.
func (c *Config) Later(next *Config) []string {
	session := next.Session
	session.RequireFactors = c.Session.RequireFactors // is of factors
	var names []string
	for _, section := range []struct {
		name     string
		now, new any
	}{
		{"clients", c.Clients, next.Clients},
		{"cors", c.CORS, next.CORS},
		{"factors", c.Factors, next.Factors},
		{"keys", c.Keys, next.Keys},
		{"mail", c.Mail, next.Mail},
		{"messages", c.Messages, next.Messages},
		{"password", c.Password, next.Password},
		{"providers", c.Providers, next.Providers},
		{"realms", laterRealms(c), laterRealms(next)},
		{"server", c.Server, next.Server},
		{"session", c.Session, session},
		{"store", c.Store, next.Store},
	} {
		if !reflect.DeepEqual(section.now, section.new) {
			names = append(names, section.name)
		}
	}
	return names
}

// laterRealms is what the realms have that is read once.
func laterRealms(c *Config) map[string]RealmConfig {
	realms := map[string]RealmConfig{}
	for name, r := range c.Realms {
		realms[name] = r.later()
	}
	return realms
}

// PublicURL is the address of a realm that browsers see, without a slash at its end:
// publicUrl, or where the server listens. A realm of its own has its first host there, as
// the main one has where there is no publicUrl.
func (c *Config) PublicURL(realm string) string {
	public := c.Origin()
	if public == "" {
		public = "http://" + c.Server.Listen
	}
	if hosts := c.Realms[realm].Hosts; len(hosts) > 0 && (realm != engine.MainRealm || c.Server.PublicURL == "") {
		scheme, _, _ := strings.Cut(public, "://")
		return scheme + "://" + strings.ToLower(hosts[0])
	}
	return public
}

// Origin is the origin of publicUrl, such as https://app.example.com, or "".
func (c *Config) Origin() string {
	u, err := parsePublicURL(c.Server.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Origins are the origins to which redirects of a realm may lead besides Origin: those
// of its hosts, those that it lists, and those whose pages may call it.
func (c *Config) Origins(realm string) []string {
	all := slices.Concat(c.For(realm).CORS.Origins, c.Realms[realm].Origins, c.ownOrigins(realm))
	slices.Sort(all)
	return slices.Compact(all)
}

// realmsByHost is the realm of every host that is listed.
func (c *Config) realmsByHost() realms {
	hosts := realms{}
	for name, r := range c.Realms {
		for _, host := range r.Hosts {
			host = strings.ToLower(host)
			hosts[host] = name
			if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
				hosts[bare(host)] = name
			}
		}
	}
	return hosts
}

// keyHeaders are the headers in which API keys travel.
func (c *Config) keyHeaders() []string {
	var names []string
	for _, carrier := range c.Keys.From {
		if carrier.Header != "" {
			names = append(names, textproto.CanonicalMIMEHeaderKey(carrier.Header))
		}
	}
	return names
}
