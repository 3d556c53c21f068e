package letter

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// teapots are the values of an application, the same in every realm.
func teapots(string) map[string]any { return map[string]any{"team": "Teapots"} }

// files are templates by name.
func files(all map[string]string) fstest.MapFS {
	f := fstest.MapFS{}
	for name, text := range all {
		f[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return f
}

func newPost(t *testing.T, templates map[string]string) (*Post, *sink) {
	t.Helper()
	parsed, err := NewTemplates(files(templates), teapots)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	return &Post{
		Templates: parsed, Mail: s, Messages: s, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		PublicURL: func(realm string) string { return "https://" + realm + ".example.com" },
	}, s
}

// sink is a Carrier that keeps what it is given.
type sink struct {
	got []Message
	log strings.Builder
	err error // what Send returns
}

func given(s string) *string { return &s }

func TestTemplates(t *testing.T) {
	all := map[string]string{
		"hello.mail.txt":       "Subject: Hello {{.User.Name}}\r\n\r\nOpen {{.PublicURL}}/open?token={{.Token}}\r\nfor {{.Params.team}}, {{.Vars.code}}.\r\n",
		"hello.mail.html":      `{{template "head"}}<p title="{{.User.Name}}">{{.Vars.code}}</p><a href="{{.PublicURL}}/open?token={{.Token}}">`,
		"_head.mail.html":      `{{define "head"}}<h1>Teapots</h1>{{end}}`,
		"hello.message.txt":    "\n{{.Minutes}} minutes: {{.Vars.code}}\n\n",
		"shop/bare.mail.txt":   "Subject:Bare\n\n{{with .User}}{{.Name}}{{else}}nobody{{end}}",
		"hole.mail.txt":        "Subject: x\n\n{{.Token}}",
		"var.mail.txt":         "Subject: x\n\n{{.Vars.none}}",
		"param.mail.txt":       "Subject: x\n\n{{.Params.none}}",
		"user.mail.txt":        "Subject: x\n\n{{.User.Name}}",
		"subject.mail.txt":     "Subject: {{.Vars.code}}\n\nx",
		"page.html":            "no letter",
		".hidden/bad.mail.txt": "no subject",
	}
	ada := &user.User{Name: given("Ada <b>"), Email: given("ada@example.com")}
	for _, test := range []struct {
		name   string
		letter Letter
		want   Message
		err    string
	}{
		{"a mail", Letter{Channel: ByMail, Template: "hello", User: ada, Vars: map[string]string{"code": "<1&2>"}, Data: map[string]any{"Token": "lwt_a+b"}},
			Message{Subject: "Hello Ada <b>", Text: "Open https://main.example.com/open?token=lwt_a+b\nfor Teapots, <1&2>.\n",
				HTML: `<h1>Teapots</h1><p title="Ada &lt;b&gt;">&lt;1&amp;2&gt;</p><a href="https://main.example.com/open?token=lwt_a%2bb">`}, ""},
		{"a message", Letter{Channel: ByMessage, Template: "hello", Vars: map[string]string{"code": "12"}, Data: map[string]any{"Minutes": 10}},
			Message{Text: "10 minutes: 12"}, ""},
		{"in a folder, to an address", Letter{Channel: ByMail, Template: "shop/bare"}, Message{Subject: "Bare", Text: "nobody"}, ""},
		{"a subject of several lines", Letter{Channel: ByMail, Template: "subject", Vars: map[string]string{"code": "a\r\nBcc: eve@example.com\r\n\r\nb\u2028c\x00"}},
			Message{Subject: "a Bcc: eve@example.com b c", Text: "x"}, ""},
		{"a hole", Letter{Channel: ByMail, Template: "hole"}, Message{}, `map has no entry for key "Token"`},
		{"no such variable", Letter{Channel: ByMail, Template: "var"}, Message{}, `map has no entry for key "none"`},
		{"no such value", Letter{Channel: ByMail, Template: "param"}, Message{}, `map has no entry for key "none"`},
		{"no user", Letter{Channel: ByMail, Template: "user"}, Message{}, "nil pointer"},
		{"data cannot take the place of a user", Letter{Channel: ByMail, Template: "user", Data: map[string]any{"User": ada}}, Message{}, "nil pointer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, s := newPost(t, all)
			l := test.letter
			l.Realm, l.To = engine.MainRealm, "Ada@Example.com"
			to := "ada@example.com"
			if l.Channel == ByMessage {
				l.To, to = "+49 30 123456", "+4930123456"
			}
			err := p.Send(t.Context(), l)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || errors.Is(err, outbox.ErrDrop) || len(s.got) > 0 {
					t.Errorf("got %v, want %q", err, test.err)
				}
				return
			}
			test.want.Channel, test.want.Template, test.want.To = l.Channel, l.Template, to
			if diff := cmp.Diff([]Message{test.want}, s.got); err != nil || diff != "" {
				t.Errorf("got %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// What can never be sent is logged and dropped.
func TestNeverSent(t *testing.T) {
	for name, l := range map[string]Letter{
		"there is no such template": {Channel: ByMail, Template: "none", To: "ada@example.com"},
		"none.message.txt":          {Channel: ByMessage, Template: "none", To: "+4930123456"},
		"malformed":                 {Channel: ByMail, Template: "a", To: "ada@example.com, eve@example.com"},
		"template=a":                {Channel: ByMail, Template: "a", To: "ada@example.com\r\nBcc: eve@example.com"},
	} {
		p, s := newPost(t, map[string]string{"a.mail.txt": "Subject: a\n\na"})
		if err := p.Send(t.Context(), l); !errors.Is(err, outbox.ErrDrop) || len(s.got) > 0 {
			t.Errorf("%s: got %v, want outbox.ErrDrop", name, err)
		}
		if !strings.Contains(s.log.String(), name) || !strings.Contains(s.log.String(), "level=ERROR") {
			t.Errorf("got the log %s, want %s", s.log.String(), name)
		}
	}
}

func TestBrokenTemplates(t *testing.T) {
	for source, want := range map[string]string{
		"":                        "first line",
		"Hello\n\nx":              "first line",
		"Subject:\n\nx":           "first line",
		"Subject: a\nb\n":         "first line",
		"Subject: {{.User\n\nx":   "a.mail.txt:1:",
		"Subject: a\n\n\n{{.User": "a.mail.txt:4:",
	} {
		_, err := NewTemplates(files(map[string]string{"a.mail.txt": source}), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "letter: template a.mail.txt: ") {
			t.Errorf("%q: got %v, want %q", source, err, want)
		}
	}
	for name, all := range map[string]map[string]string{
		"no a.mail.txt beside": {"a.mail.html": "x"},
		"a.mail.html:1":        {"a.mail.txt": "Subject: a\n\nx", "a.mail.html": "{{.User"},
		"a.message.txt:1":      {"a.message.txt": "{{.User"},
	} {
		if _, err := NewTemplates(files(all), nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestReload(t *testing.T) {
	kettles := func(string) map[string]any { return map[string]any{"team": "Kettles"} }
	all := files(map[string]string{"a.message.txt": "one {{.Params.team}}"})
	templates, err := NewTemplates(all, teapots)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	p := &Post{Templates: templates, Messages: s, Log: slog.New(slog.DiscardHandler), PublicURL: func(string) string { return "" }}
	send := func(want string) {
		t.Helper()
		if err := p.Send(t.Context(), Letter{Channel: ByMessage, Template: "a", To: "+4930123456"}); err != nil {
			t.Fatal(err)
		}
		if got := s.got[len(s.got)-1].Text; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	send("one Teapots")
	all["a.message.txt"].Data = []byte("{{.Params")
	if err := templates.Reload(kettles); err == nil {
		t.Error("got no error")
	}
	send("one Teapots")
	all["a.message.txt"].Data = []byte("two {{.Params.team}}")
	if err := templates.Reload(kettles); err != nil {
		t.Error(err)
	}
	send("two Kettles")
}

// a realm has its own letters before those of all, and never those of another, by
// whatever name.
func TestTemplatesOfRealms_R59(t *testing.T) {
	parsed, err := NewTemplates(files(map[string]string{
		"hello.mail.txt":             "Subject: all\n\nx",
		"realms/shop/hello.mail.txt": "Subject: shop\n\nx",
		"realms/shop/own.mail.txt":   "Subject: shop\n\nx",
		"realms/main/main.mail.txt":  "Subject: main\n\nx",
	}), func(realm string) map[string]any { return map[string]any{"realm": realm} })
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ realm, name, want string }{
		{"main", "hello", "all"},
		{"shop", "hello", "shop"},
		{"kiosk", "hello", "all"},
		{"main", "main", "main"},
		{"shop", "own", "shop"},
		{"main", "own", ""},
		{"shop", "main", ""},
		{"main", "realms/shop/own", ""},
		{"main", "../shop/own", ""},
		{"main", "./realms/shop/own", ""},
		{"shop/../main", "main", ""},
		{"", "shop/own", ""},
	} {
		found, params, err := parsed.find(tt.realm, ByMail, tt.name)
		if tt.want == "" {
			if !errors.Is(err, errNoTemplate) {
				t.Errorf("%s of %s: got %v, want no template", tt.name, tt.realm, err)
			}
			continue
		}
		var m Message
		if err == nil {
			err = found.write(&m, map[string]any{})
		}
		if err != nil || m.Subject != tt.want || params["realm"] != tt.realm {
			t.Errorf("%s of %s: got %q with %v, %v, want that of %s", tt.name, tt.realm, m.Subject, params, err, tt.want)
		}
	}
}
