package runtime

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

const twoRealms = `
server: {publicUrl: https://auth.example.com}
session: {from: [{header: Session}, {cookie: __Host-session}], idle: 5h, limit: {max: 3}}
cors: {origins: [https://app.example.com], credentials: true}
clients: {site: {redirectUris: [https://site.example.com/in]}}
password: {minLength: 12}
purposes: {link: signIn, reset: reset}
params: {team: Teapots, country: de}
mail: {from: a@example.com, smtp: {host: smtp.example.com, user: app, password: "${{ secrets.smtp }}"}}
secrets: {smtp: {env: SMTP_PASSWORD}}
realms:
  shop:
    hosts: [Auth.shop.example, two.shop.example]
    origins: [https://shop.example]
    session: {idle: 1h, limit: {policy: endOldest}}
    password: {minLength: 8}
    purposes: {link: {class: signIn, lifetime: 2m}}
    params: {country: fr}
    mail: {from: shop@shop.example}
  market:
    hosts: [market.example]
    cors: {origins: [https://market.example]}
`

// What a realm has of its own is laid over the file; what it has not stays.
func TestFor(t *testing.T) {
	c := configOf(t, twoRealms)
	main, shop, market := c.For(engine.MainRealm), c.For("shop"), c.For("market")
	for _, tt := range []struct {
		what            string
		got, want       any
		gotMain, wantMn any
	}{
		{"a time", shop.Session.Idle, time.Hour, main.Session.Idle, 5 * time.Hour},
		{"a part of a part", shop.Session.Limit.Policy, c.Session.Limit.Policy + "endOldest", main.Session.Limit.Max, 3},
		{"what stands beside it", shop.Session.Limit.Max, 3, len(shop.Session.From), 2},
		{"a length", shop.Password.MinLength, 8, main.Password.MinLength, 12},
		{"a purpose", shop.Purposes["link"].Lifetime, 2 * time.Minute, main.Purposes["link"].Lifetime, time.Duration(0)},
		{"another purpose", shop.Purposes["reset"].Class.Text, "reset", len(shop.Purposes), 2},
		{"a parameter", shop.Params["country"], "fr", main.Params["country"], "de"},
		{"an address", shop.Mail.From, "shop@shop.example", main.Mail.From, "a@example.com"},
		{"a server", shop.Mail.SMTP.Host, "smtp.example.com", shop.Mail.SMTP.Password, unresolved},
		{"credentials of cors", market.CORS.Credentials, true, main.CORS.Credentials, true},
		{"the public address", shop.Origin(), "https://auth.shop.example", main.Origin(), "https://auth.example.com"},
		{"a realm that nobody has named", c.For("kiosk"), c, main, c},
	} {
		if tt.got != tt.want || tt.gotMain != tt.wantMn {
			t.Errorf("%s: got %v and %v, want %v and %v", tt.what, tt.got, tt.gotMain, tt.want, tt.wantMn)
		}
	}
}

// whom the main realm trusts, no other one does that has not said so.
func TestTrustIsNotInherited_R59(t *testing.T) {
	c := configOf(t, twoRealms)
	for realm, want := range map[string][]string{
		"main":   {"https://app.example.com"},
		"shop":   {"https://auth.shop.example", "https://shop.example", "https://two.shop.example"},
		"market": {"https://market.example"},
	} {
		if diff := cmp.Diff(want, c.Origins(realm)); diff != "" {
			t.Errorf("origins of %s: -want +got:\n%s", realm, diff)
		}
	}
	for realm, want := range map[string][]string{"main": {"https://app.example.com"}, "shop": nil, "market": {"https://market.example"}} {
		if diff := cmp.Diff(want, c.For(realm).CORS.Origins); diff != "" {
			t.Errorf("cors of %s: -want +got:\n%s", realm, diff)
		}
	}
	if n := len(c.For("main").Clients); n != 1 {
		t.Errorf("got %d clients of main, want 1", n)
	}
	for _, realm := range []string{"shop", "market"} {
		if n := len(c.For(realm).Clients); n != 0 {
			t.Errorf("got %d clients of %s, want none", n, realm)
		}
	}
}

// What signs in to the server of one realm is never shown to that of another.
func TestMailServerOfARealm(t *testing.T) {
	c := configOf(t, "secrets: {smtp: {env: SMTP_PASSWORD}}\n"+
		"mail: {from: a@example.com, smtp: {host: smtp.example.com, port: 2525, user: app, password: '${{ secrets.smtp }}'}}\n"+
		"realms: {shop: {hosts: [shop.localhost], mail: {smtp: {host: smtp.shop.example}}}, kiosk: {hosts: [kiosk.localhost], mail: {smtp: {port: 587}}}}")
	if got := c.For("shop").Mail.SMTP; got.Host != "smtp.shop.example" || got.Port == 2525 || got.User != "" || got.Password != "" {
		t.Errorf("got %+v, want a server without user and password", got)
	}
	if got := c.For("kiosk").Mail.SMTP; got.Host != "smtp.example.com" || got.Port != 587 || got.User != "app" || got.Password != unresolved {
		t.Errorf("got %+v, want the server of the file at another port", got)
	}
}

// The main realm can be named as the others are, with hosts.
func TestMainRealm(t *testing.T) {
	c := configOf(t, "params: {team: Teapots}\nclients: {site: {redirectUris: [https://site.example.com/in]}}\n"+
		"realms: {main: {hosts: [auth.localhost], params: {country: de}, clients: {kiosk: {redirectUris: [https://kiosk.example.com/in]}}}, shop: {hosts: [shop.localhost]}}")
	main := c.For(engine.MainRealm)
	if diff := cmp.Diff([]string{"kiosk", "site"}, slices.Sorted(maps.Keys(main.Clients))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"team": "Teapots", "country": "de"}, main.Params); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := c.For("shop").Params["country"]; got != nil {
		t.Errorf("got %v in another realm, want nothing", got)
	}
	if got := c.PublicURL(engine.MainRealm); got != "http://auth.localhost" {
		t.Errorf("got %s", got)
	}
	c = configOf(t, "server: {publicUrl: https://auth.example.com}\nrealms: {main: {hosts: [site.example.com, auth.example.com]}}")
	if got, origin := c.PublicURL(engine.MainRealm), c.For(engine.MainRealm).Origin(); got != "https://auth.example.com" || origin != got {
		t.Errorf("got %s and %s, want what the file says", got, origin)
	}
}

// Flows see what their realm has; a realm that has nothing of it shares the programs.
func TestAppOfRealms(t *testing.T) {
	app := configOf(t, twoRealms).App()
	if app.Params["team"] != "Teapots" || app.Purposes["link"] != "signIn" || !app.Cookies {
		t.Errorf("got %+v", app)
	}
	if len(app.Realms) != 1 || app.Realms["shop"].Params["country"] != "fr" || app.Realms["shop"].Lifetimes["link"] != 2*time.Minute {
		t.Errorf("got %+v, want the shop only", app.Realms)
	}
	// Where the main realm is the one that differs, the others do from it.
	app = configOf(t, "params: {a: 1}\nrealms: {main: {params: {b: 2}}, shop: {hosts: [shop.localhost]}}").App()
	if app.Params["b"] != 2 || app.Realms["shop"] == nil || app.Realms["shop"].Params["b"] != nil {
		t.Errorf("got %v and %+v", app.Params, app.Realms)
	}
}

// Editors know the sections of a realm as they know those of the file.
func TestSchemaOfRealms(t *testing.T) {
	text, err := ConfigSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		Properties struct {
			Realms struct {
				AdditionalProperties struct {
					Properties map[string]map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	own := root.Properties.Realms.AdditionalProperties.Properties
	for _, section := range sectionsOfRealms {
		if want := "#/properties/" + section; own[section]["$ref"] != want && section != "password" {
			t.Errorf("%s: got %v, want %s", section, own[section], want)
		}
	}
	if own["password"]["properties"].(map[string]any)["hash"] != nil {
		t.Error("a realm cannot have a hash of its own")
	}
}
