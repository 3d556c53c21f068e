package flows_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

type server struct {
	Place   flows.Pos       `yaml:",pos"`
	Listen  string          `yaml:"listen,required"`
	Timeout time.Duration   `yaml:"timeout"`
	Limit   flows.Size      `yaml:"bodyLimit"`
	Proxies []netip.Prefix  `yaml:"trustedProxies"`
	Name    flows.Name      `yaml:"name"`
	Port    uint16          `yaml:"port"`
	Small   int8            `yaml:"small"`
	Rate    float64         `yaml:"rate"`
	Dev     bool            `yaml:"dev"`
	TLS     *tls            `yaml:"tls"`
	Params  map[string]any  `yaml:"params"`
	Realms  map[string]tls  `yaml:"realms"`
	Hosts   map[string]*tls `yaml:"hosts"`
	Views   *flows.Value    `yaml:"views"`
	Any     any             `yaml:"any"`
	shared  `yaml:",inline"`
	Other   string
}

type shared struct {
	Proofs []string `yaml:"proofs"`
}

type tls struct {
	Cert string `yaml:"cert,required"`
	Key  string `yaml:"key"`
}

func decode(t testing.TB, src string, into any) flows.Diagnostics {
	t.Helper()
	v, diags := flows.ParseValue("app.yaml", []byte(src))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return flows.Decode(v, into)
}

func TestDecode(t *testing.T) {
	defaults := func() *server {
		return &server{
			Timeout: 10 * time.Second, Limit: 64 << 10, Small: 7,
			TLS:    &tls{Cert: "c", Key: "k"},
			Realms: map[string]tls{"main": {Cert: "c", Key: "k"}, "other": {Cert: "o"}},
			shared: shared{Proofs: []string{"geoip.lookup"}},
			Other:  "alone",
		}
	}
	before := defaults()
	got := defaults()
	kept, keptRealms := got.TLS, got.Realms
	diags := decode(t, `
listen: 127.0.0.1:8080
timeout: 7d
bodyLimit: 1MiB
trustedProxies: [10.0.0.0/8]
name: main
port: 65535
rate: 1
dev: true
tls: {cert: x}
params: {a: 1, b: [x, 1.5, true, null], "c": {d: 2026-01-02}}
realms: {main: {cert: y}, new: {cert: z}}
hosts: {a: {cert: h}}
views: {user: "${{ it.id }}"}
any: [1]
proofs: []
`, got)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := &server{
		Place:  flows.Pos{File: "app.yaml", Line: 2, Col: 1},
		Listen: "127.0.0.1:8080", Timeout: 7 * 24 * time.Hour, Limit: 1 << 20,
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Name:    flows.Name{Text: "main", Pos: flows.Pos{File: "app.yaml", Line: 6, Col: 7}},
		Port:    65535, Small: 7, Rate: 1, Dev: true,
		TLS:    &tls{Cert: "x", Key: "k"},
		Params: map[string]any{"a": 1, "b": []any{"x", 1.5, true, nil}, "c": map[string]any{"d": "2026-01-02"}},
		Realms: map[string]tls{"main": {Cert: "y", Key: "k"}, "other": {Cert: "o"}, "new": {Cert: "z"}},
		Hosts:  map[string]*tls{"a": {Cert: "h"}},
		Views:  got.Views,
		Any:    []any{1},
		shared: shared{Proofs: []string{}},
		Other:  "alone",
	}
	compare := cmp.Options{cmp.AllowUnexported(server{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if !got.Views.Get("user").IsExpr() {
		t.Error("got no expression under views, want the one that is written")
	}
	if diff := cmp.Diff(before.TLS, kept); diff != "" {
		t.Errorf("the default behind the pointer was written to (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before.Realms, keptRealms); diff != "" {
		t.Errorf("the default map was written to (-want +got):\n%s", diff)
	}
}

func TestDecodeNothing(t *testing.T) {
	got := shared{Proofs: []string{"a"}}
	if diags := flows.Decode(nil, &got); len(diags) > 0 || len(got.Proofs) != 1 {
		t.Errorf("got %v and problems %v, want the default and none", got, diags)
	}
	s := server{Listen: "x", Realms: map[string]tls{"a": {}}, TLS: &tls{}}
	if diags := decode(t, "listen: x\nrealms:\nproofs:\ntls:\nany:\n", &s); len(diags) > 0 {
		t.Error(diags)
	}
	if s.TLS != nil || len(s.Realms) != 1 {
		t.Errorf("got %v and %v, want null to clear the pointer and to leave the map", s.TLS, s.Realms)
	}
}

func TestDecodeMistakes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"port: 1\n", "app.yaml:1:1: the section needs \"listen\" [missing-key]\n\tadd listen: …"},
		{"listne: x\n", "app.yaml:1:1: the section has no key \"listne\" [unknown-key]\n\tdid you mean \"listen\"?"},
		{"listen: x\ncolour: x\n", "app.yaml:2:1: the section has no key \"colour\" [unknown-key]\n\tknown are listen, timeout, bodyLimit, trustedProxies, name, port, small, rate, dev, tls, params, realms, hosts, views, any, proofs"},
		{"listen: 8080\n", "app.yaml:1:9: \"listen\" must be text, not a whole number [wrong-type]\n\tput it in quotes"},
		{"listen:\n", "app.yaml:1:8: \"listen\" must be text, but has no value [wrong-type]"},
		{"listen: [a]\n", "app.yaml:1:9: \"listen\" must be text, not a list [wrong-type]"},
		{"listen: ${{ params.listen }}\n", "app.yaml:1:9: \"listen\" takes no expression [misplaced-expression]\n\twrite the value itself"},
		{"listen: x\nname: ${{ a }}\n", "app.yaml:2:7: \"name\" takes no expression [misplaced-expression]\n\twrite the value itself"},
		{"listen: x\nparams: {a: [\"${{ a }}\"]}\n", "app.yaml:2:14: \"a\" takes no expression [misplaced-expression]\n\twrite the value itself"},
		{"listen: x\ndev: ${{ a }}\n", "app.yaml:2:6: \"dev\" takes no expression [misplaced-expression]\n\twrite the value itself"},
		{"listen: x\ndev: yes\n", "app.yaml:2:6: \"dev\" must be true or false, not text [wrong-type]\n\twrite true"},
		{"listen: x\ndev: off\n", "app.yaml:2:6: \"dev\" must be true or false, not text [wrong-type]\n\twrite false"},
		{"listen: x\nport: 65536\n", "app.yaml:2:7: \"port\" cannot be 65536 [bad-value]"},
		{"listen: x\nport: -1\n", "app.yaml:2:7: \"port\" cannot be -1 [bad-value]"},
		{"listen: x\nport: 1.5\n", "app.yaml:2:7: \"port\" must be a whole number, not a number [wrong-type]"},
		{"listen: x\nsmall: 128\n", "app.yaml:2:8: \"small\" cannot be 128 [bad-value]"},
		{"listen: x\nrate: a\n", "app.yaml:2:7: \"rate\" must be a number, not text [wrong-type]"},
		{"listen: x\ntimeout: 10\n", "app.yaml:2:10: \"timeout\" must be a time such as 10s, 15m, 168h or 7d, not a whole number [wrong-type]\n\twrite 10s"},
		{"listen: x\ntimeout: [1s]\nbodyLimit: {}\n", "app.yaml:2:10: \"timeout\" must be a time such as 10s, 15m, 168h or 7d, not a list [wrong-type]\napp.yaml:3:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not a map [wrong-type]"},
		{"listen: x\ntimeout: ${{ a }}\n", "app.yaml:2:10: \"timeout\" takes no expression [misplaced-expression]\n\twrite the value itself"},
		{"listen: x\ntimeout: soon\n", "app.yaml:2:10: \"timeout\" must be a time such as 10s, 15m, 168h or 7d, not \"soon\" [bad-duration]"},
		{"listen: x\nbodyLimit: 64\n", "app.yaml:2:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not a whole number [wrong-type]\n\twrite 64B"},
		{"listen: x\nbodyLimit: 64kb\n", "app.yaml:2:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not \"64kb\" [bad-size]\n\twrite 64KiB"},
		{"listen: x\nbodyLimit: 1 mb\n", "app.yaml:2:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not \"1 mb\" [bad-size]\n\twrite 1MiB"},
		{"listen: x\nbodyLimit: 2G\n", "app.yaml:2:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not \"2G\" [bad-size]\n\twrite 2GiB"},
		{"listen: x\nbodyLimit: some\n", "app.yaml:2:12: \"bodyLimit\" must be a size such as 64KiB or 1MiB, not \"some\" [bad-size]"},
		{"listen: x\ntrustedProxies: 10.0.0.0/8\n", "app.yaml:2:17: \"trustedProxies\" must be a list, not text [wrong-type]"},
		{"listen: x\ntrustedProxies: [nowhere]\n", "app.yaml:2:18: an entry of \"trustedProxies\" cannot be \"nowhere\": netip.ParsePrefix(\"nowhere\"): no '/' [bad-value]"},
		{"listen: x\nproofs: [1]\n", "app.yaml:2:10: an entry of \"proofs\" must be text, not a whole number [wrong-type]\n\tput it in quotes"},
		{"listen: x\ntls: x\n", "app.yaml:2:6: \"tls\" must be a map, not text [wrong-type]"},
		{"listen: x\ntls: {key: x}\n", "app.yaml:2:6: \"tls\" needs \"cert\" [missing-key]\n\tadd cert: …"},
		{"listen: x\nrealms: [a]\n", "app.yaml:2:9: \"realms\" must be a map, not a list [wrong-type]"},
		{"listen: x\nrealms: {a: {}}\n", "app.yaml:2:13: \"a\" needs \"cert\" [missing-key]\n\tadd cert: …"},
		{"listen: x\nOther: y\n", "app.yaml:2:1: the section has no key \"Other\" [unknown-key]\n\tknown are listen, timeout, bodyLimit, trustedProxies, name, port, small, rate, dev, tls, params, realms, hosts, views, any, proofs"},
		{"listen: x\ntls: {cret: a}\nport: x\n", "app.yaml:2:7: \"tls\" has no key \"cret\" [unknown-key]\n\tdid you mean \"cert\"?\napp.yaml:3:7: \"port\" must be a whole number, not text [wrong-type]"},
		{"[a]\n", "app.yaml:1:1: the section must be a map, not a list [wrong-type]"},
	} {
		var s server
		got := decode(t, c.src, &s).Error()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: problems (-want +got):\n%s", c.src, diff)
		}
	}
}

// A misspelt key is reported and counts as the key that was meant, unless that
// is written too.
func TestDecodeMisspeltKey(t *testing.T) {
	var s server
	decode(t, "listne: x\n", &s)
	if s.Listen != "x" {
		t.Errorf("got %q, want x", s.Listen)
	}
	decode(t, "listne: y\nlisten: z\n", &s)
	if s.Listen != "z" {
		t.Errorf("got %q, want z", s.Listen)
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want flows.Size
	}{
		{"0B", 0}, {"512B", 512}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}, {"2GiB", 2 << 30}, {"8589934591GiB", 8589934591 << 30},
	} {
		got, err := flows.ParseSize(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("ParseSize(%q): got %d, %v, error %v; want %d", c.text, int64(got), got, err, int64(c.want))
		}
	}
	for _, text := range []string{"", "KiB", "64", "64 KiB", "-1KiB", "+1KiB", "1.5MiB", "64KB", "8589934592GiB", "99999999999999999999B"} {
		if got, err := flows.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q): got %v, want an error", text, got)
		}
	}
	if got := flows.Size(1536).String(); got != "1536B" {
		t.Errorf("got %s, want 1536B", got)
	}
}

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{"10s", 10 * time.Second}, {"1h30m", 90 * time.Minute}, {"7d", 168 * time.Hour}, {"0s", 0}, {"106751d", 106751 * 24 * time.Hour},
	} {
		if got, err := flows.ParseDuration(c.text); err != nil || got != c.want {
			t.Errorf("ParseDuration(%q): got %v, error %v, want %v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "d", "10", "1.5d", "-1d", "+1d", "1d12h", "106752d", "1w", "10 s"} {
		if got, err := flows.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q): got %v, want an error", text, got)
		}
	}
}

// What a struct cannot be filled with is a mistake of the program.
func TestDecodePanics(t *testing.T) {
	for name, into := range map[string]any{
		"no pointer": shared{},
		"no struct":  new(string),
		"unknown field": &struct {
			C chan int `yaml:"a"`
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			decode(t, "a: 1\n", into)
		})
	}
}
