package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// standardJSON is what encoding/json makes of v without its escapes for HTML.
func standardJSON(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

type named string

// agent and visit have tags for both encoders, so that one can be held against
// the other.
type agent struct {
	Family string  `flow:"family" json:"family"`
	Major  *string `flow:"major,optional" json:"major"`
}

type stamp struct {
	Count uint8   `flow:"count" json:"count"`
	Ratio float32 `flow:"ratio" json:"ratio"`
}

type visit struct {
	stamp
	ID      string           `flow:"id" json:"id"`
	Kind    named            `flow:"kind" json:"kind"`
	Seen    bool             `flow:"seen" json:"seen"`
	Size    int64            `flow:"size" json:"size"`
	Score   float64          `flow:"score" json:"score"`
	Groups  []string         `flow:"groups" json:"groups"`
	Agent   *agent           `flow:"agent,optional" json:"agent"`
	Agents  []agent          `flow:"agents" json:"agents"`
	ByName  map[string]agent `flow:"byName" json:"byName"`
	Kinds   map[named]int    `flow:"kinds" json:"kinds"`
	Data    map[string]any   `flow:"data" json:"data"`
	Any     any              `flow:"any" json:"any"`
	Bytes   []byte           `flow:"bytes" json:"bytes"`
	Untaken string           `json:"-"`
}

func TestJSONOfStructs(t *testing.T) {
	major := "12"
	tests := map[string]visit{
		"empty": {Groups: []string{}, Agents: []agent{}, ByName: map[string]agent{}, Kinds: map[named]int{}, Data: map[string]any{}, Bytes: []byte{}},
		"full": {stamp: stamp{200, 0.1}, ID: "a\"\\\x00\x1f\u2028\u2029<&>é😀\xff", Kind: "k", Seen: true, Size: math.MinInt64, Score: 1e21,
			Groups: []string{"x", ""}, Agent: &agent{"F", &major}, Agents: []agent{{"G", nil}, {}},
			ByName: map[string]agent{"z": {}, "a": {"q", &major}}, Kinds: map[named]int{"b": 1, "a": -1},
			Data: map[string]any{"n": nil, "l": []any{1, 2.5, "x", true, map[string]any{}}}, Any: []string{"s"}, Bytes: []byte{0, 255}},
	}
	for name, v := range tests {
		t.Run(name, func(t *testing.T) {
			want := standardJSON(t, v)
			if got := string(encoderOf(reflect.TypeOf(v))(nil, reflect.ValueOf(v))); got != want {
				t.Errorf("typed: got %s, want %s", got, want)
			}
			if got := string(appendJSON(nil, v)); got != want {
				t.Errorf("dynamic: got %s, want %s", got, want)
			}
			if got := string(appendJSON([]byte("x"), &v)); got != "x"+want {
				t.Errorf("pointer: got %s, want %s", got, want)
			}
		})
	}
}

// randomPlain is JSON data as bodies and expressions have it.
func randomPlain(r *rand.Rand, depth int) any {
	if depth == 0 {
		depth = 1
	}
	switch r.IntN(6 + min(depth, 3)) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return r.Int() - math.MaxInt/2
	case 3:
		return math.Float64frombits(r.Uint64() &^ (1 << 62)) // never NaN or infinite
	case 4:
		return (r.Float64() - 0.5) * math.Pow10(r.IntN(50)-25)
	case 5:
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	case 6:
		list := make([]any, r.IntN(5))
		for i := range list {
			list[i] = randomPlain(r, depth-1)
		}
		return list
	case 7:
		m := map[string]any{}
		for range r.IntN(20) {
			m[string(rune('a'+r.IntN(26)))+string(rune(r.IntN(0x3000)))] = randomPlain(r, depth-1)
		}
		return m
	}
	return []string{"a", string(rune(r.IntN(0x11000)))}
}

func TestJSONOfRandomData(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		v := randomPlain(r, 4)
		if got, want := string(appendJSON(nil, v)), standardJSON(t, v); got != want {
			t.Fatalf("%#v: got %s, want %s", v, got, want)
		}
	}
}

func TestJSONOfSpecialValues(t *testing.T) {
	when := InstantOf(time.Date(2026, 1, 31, 9, 30, 0, 7e6, time.UTC))
	secret := NewSecret("s3cret")
	var none *agent
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"null", nil, "null"},
		{"nil pointer", none, "null"},
		{"nil list", []agent(nil), "[]"},
		{"nil texts", []string(nil), "[]"},
		{"nil any list", []any(nil), "[]"},
		{"nil map", map[string]any(nil), "{}"},
		{"nil map of structs", map[string]agent(nil), "{}"},
		{"map of texts", map[string]string{"b": "2", "a": "1"}, `{"a":"1","b":"2"}`},
		{"not a number", math.NaN(), "null"},
		{"infinite", math.Inf(-1), "null"},
		{"instant", when, `"2026-01-31T09:30:00.007Z"`},
		{"pointer to instant", &when, `"2026-01-31T09:30:00.007Z"`},
		{"duration", 90 * time.Second, `"1m30s"`},
		{"secret", secret, `"s3cret"`},
		{"pointer to secret", &secret, `"s3cret"`},
		{"secrets by name", map[string]Secret{"a": secret}, `{"a":"s3cret"}`},
		{"number", json.Number("12345678901234567890"), "12345678901234567890"},
		{"no number", json.Number(`1,"x":2`), "null"},
		{"null as a number", json.Number("null"), "null"},
		{"function", func() {}, "null"},
		{"map with other keys", map[int]int{1: 2}, "null"},
		{"body", Body{func(dst []byte) ([]byte, error) { return append(dst, "[1]"...), nil }}, "[1]"},
		{"body not set", Body{}, "null"},
		{"body that fails", Body{func(dst []byte) ([]byte, error) { return append(dst, "[1"...), errors.New("x") }}, "null"},
		{"array", [2]int{1, 2}, "[1,2]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendJSON(nil, test.v)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

type tokens struct {
	ID       string            `flow:"id"`
	Token    Secret            `flow:"token" secret:"minted"`
	Plain    Secret            `flow:"plain"`
	Link     string            `flow:"link" secret:"minted"`
	Door     *string           `flow:"door,optional" credential:"with.userId"`
	Typed    string            `flow:"typed,evidence"`
	Any      any               `flow:"any"`
	List     []Secret          `flow:"list"`
	ByName   map[string]Secret `flow:"byName"`
	Body     Body              `flow:"body"`
	Optional *Secret           `flow:"optional,optional"`
}

func TestMaskedJSON(t *testing.T) {
	const canary = "c4nary"
	text, secret := canary, NewSecret(canary)
	v := tokens{"u1", secret, secret, text, &text, text, map[string]any{"x": []any{secret, &secret}}, []Secret{secret},
		map[string]Secret{"a": secret}, Body{func(dst []byte) ([]byte, error) { return append(dst, canary...), nil }}, &secret}
	want := `{"id":"u1","token":"[secret]","plain":"[secret]","link":"[secret]","door":"[secret]","typed":"[secret]",` +
		`"any":{"x":["[secret]","[secret]"]},"list":["[secret]"],"byName":{"a":"[secret]"},"body":"[secret]","optional":"[secret]"}`
	for name, got := range map[string]string{
		"typed":   string(maskedEncoderOf(reflect.TypeOf(v))(nil, reflect.ValueOf(v))),
		"dynamic": string(appendMasked(nil, []any{v})),
	} {
		if got = strings.Trim(got, "[]"); got != strings.Trim(want, "[]") {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if strings.Contains(got, canary) {
			t.Errorf("R-64 %s: a secret is in %s", name, got)
		}
	}
	if got := string(appendJSON(nil, v)); strings.Count(got, canary) != 11 {
		t.Errorf("in the clear: got %s, want the secret 11 times", got)
	}
}

// loop is a type that contains itself. The registry refuses it; the encoder must
// still end.
type loop struct {
	Name string `flow:"name"`
	Next *loop  `flow:"next,optional"`
	Any  any    `flow:"any"`
}

func TestJSONOfDataThatContainsItself(t *testing.T) {
	fine := loop{Name: "a", Next: &loop{Name: "b"}}
	want := `{"name":"a","next":{"name":"b","next":null,"any":null},"any":null}`
	if diff := cmp.Diff(want, string(appendJSON(nil, fine))); diff != "" {
		t.Error(diff)
	}
	byPointer := &loop{}
	byPointer.Next = byPointer
	byMap := map[string]any{}
	byMap["self"] = byMap
	byList := []any{nil}
	byList[0] = byList
	byAny := &loop{}
	byAny.Any = map[string]*loop{"x": byAny}
	for i, v := range []any{byPointer, byMap, byList, byAny} {
		if got := appendJSON(nil, v); !json.Valid(got) {
			t.Errorf("%d: got %.100s, want JSON", i, got)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1f\x7f", "<>&'\"\\", "\u2028\u2029\ufffd", "\xff\xc3\x28\xe2\x80", "😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(appendString(nil, s)), standardJSON(t, s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	})
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.5,1e300,null,true,"x"],"a":{}}`, `[[[]]]`, `1e-7`, `-0`, `"\ud800"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var v any
		if json.Unmarshal(src, &v) != nil {
			return
		}
		if got, want := string(appendJSON(nil, v)), standardJSON(t, v); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

type benchAgent struct {
	Family string `flow:"family" json:"family"`
	Major  string `flow:"major" json:"major"`
}

type benchSession struct {
	ID      string     `flow:"id" json:"id"`
	UserID  string     `flow:"userId" json:"userId"`
	Token   Secret     `flow:"token" json:"-"`
	Created Instant    `flow:"creationDtm" json:"creationDtm"`
	Groups  []string   `flow:"accessGroupKeys" json:"accessGroupKeys"`
	Agent   benchAgent `flow:"userAgent" json:"userAgent"`
	Level   int        `flow:"level" json:"level"`
}

func BenchmarkEncode(b *testing.B) {
	v := benchSession{"507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012", NewSecret("lws_0123456789abcdef0123456789abcdef"), 1769851800000, []string{"admin", "staff"}, benchAgent{"Firefox", "140"}, 1}
	slot := reflect.ValueOf(&v).Elem()
	var dst []byte
	b.Run("typed", func(b *testing.B) {
		encode := encoderOf(slot.Type())
		b.ReportAllocs()
		for b.Loop() {
			dst = encode(dst[:0], slot)
		}
	})
	data := map[string]any{"id": v.ID, "userId": v.UserID, "level": 1, "groups": []any{"admin", "staff"}, "agent": map[string]any{"family": "Firefox"}}
	b.Run("dynamic", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			dst = appendJSON(dst[:0], data)
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(&v)
		}
	})
}
