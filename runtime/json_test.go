package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name, src string
		want      any
		err       error
	}{
		{"object", ` {"a": 1, "b": [true, false, null], "c": {"d": "x"}} `,
			map[string]any{"a": 1, "b": []any{true, false, nil}, "c": map[string]any{"d": "x"}}, nil},
		{"empty object", `{}`, map[string]any{}, nil},
		{"empty list", "[\t\r\n ]", []any{}, nil},
		{"whole number", `-12`, -12, nil},
		{"largest int", `9223372036854775807`, 9223372036854775807, nil},
		{"beyond int", `9223372036854775808`, 9223372036854775808.0, nil},
		{"fraction", `1.0`, 1.0, nil},
		{"exponent", `1E+2`, 100.0, nil},
		{"beyond float", `1e999`, nil, errJSONNumber},
		{"leading zero", `01`, nil, errJSONSyntax},
		{"bare minus", `-`, nil, errJSONSyntax},
		{"bare point", `1.`, nil, errJSONSyntax},
		{"bare exponent", `1e`, nil, errJSONSyntax},
		{"hexadecimal", `0x1`, nil, errJSONSyntax},
		{"NaN", `NaN`, nil, errJSONSyntax},
		{"escapes", `"\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00é"`, "\"\\/\b\f\n\r\tA😀é", nil},
		{"zero byte in text", `"a\u0000b"`, "a\x00b", nil},
		{"unknown escape", `"\x41"`, nil, errJSONSyntax},
		{"cut escape", `"\`, nil, errJSONSyntax},
		{"cut unicode escape", `"\u00`, nil, errJSONSyntax},
		{"half a pair", `"\ud83d"`, nil, errJSONText},
		{"half a pair before text", `"\ud83dabcdefgh"`, nil, errJSONText},
		{"second half alone", `"\ude00"`, nil, errJSONText},
		{"raw control character", "\"a\nb\"", nil, errJSONSyntax},
		{"raw control character after an escape", "\"\\ta\nb\"", nil, errJSONSyntax},
		{"not UTF-8", "\"\xff\"", nil, errJSONText},
		{"not UTF-8 after an escape", "\"\\t\xff\"", nil, errJSONText},
		{"not UTF-8 in a key", "{\"\xff\": 1}", nil, errJSONText},
		{"open text", `"a`, nil, errJSONSyntax},
		{"duplicate key", `{"email": "a", "email": "b"}`, nil, errJSONDuplicate},
		{"duplicate key by escape", `{"email": "a", "\u0065mail": "b"}`, nil, errJSONDuplicate},
		{"duplicate key of null", `{"a": null, "a": 1}`, nil, errJSONDuplicate},
		{"trailing data", `{} {}`, nil, errJSONSyntax},
		{"trailing comma in an object", `{"a": 1,}`, nil, errJSONSyntax},
		{"trailing comma in a list", `[1,]`, nil, errJSONSyntax},
		{"missing colon", `{"a" 1}`, nil, errJSONSyntax},
		{"bare key", `{a: 1}`, nil, errJSONSyntax},
		{"open object", `{"a": 1`, nil, errJSONSyntax},
		{"open list", `[1`, nil, errJSONSyntax},
		{"comment", `{} // x`, nil, errJSONSyntax},
		{"byte order mark", "\ufeff{}", nil, errJSONSyntax},
		{"nothing", ``, nil, errJSONSyntax},
		{"blanks only", "  \n", nil, errJSONSyntax},
		{"cut word", `tru`, nil, errJSONSyntax},
		{"joined word", `truefalse`, nil, errJSONSyntax},
		{"deepest", deep(32), nest(32), nil},
		{"too deep", deep(33), nil, errJSONDepth},
		{"too deep in objects", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), nil, errJSONDepth},
		{"open and deep", strings.Repeat("[", 1<<20), nil, errJSONDepth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeJSON(tt.src)
			if !errors.Is(err, tt.err) {
				t.Fatalf("got error %v, want %v", err, tt.err)
			}
			// cmp.Diff takes time exponential in the depth of lists.
			if err == nil && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

// nest is n lists, each in the next.
func nest(n int) any {
	v := []any{}
	for range n - 1 {
		v = []any{v}
	}
	return v
}

// FuzzDecodeJSON compares with encoding/json: whatever is accepted here is
// accepted there, with the same value, and what only encoding/json accepts is
// refused for one of the reasons by which this reader is stricter.
func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{
		`{"email":"a@b.c","password":"x\u00e9"}`, `[1,2.5,-3e4,null,true]`, `{"a":{"b":[{}]}}`, `"\ud83d\ude00"`,
		`{"a":1,"a":2}`, `1e400`, `"\ud800"`, "\"\xff\"", `{} x`, strings.Repeat("[", 40),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		got, err := decodeJSON(src)
		d := json.NewDecoder(bytes.NewReader([]byte(src)))
		var want any
		wantErr := d.Decode(&want)
		if wantErr == nil {
			if _, more := d.Token(); more != io.EOF {
				wantErr = errJSONSyntax
			}
		}
		switch {
		case err == nil && wantErr != nil:
			t.Fatalf("accepted %q, which encoding/json refuses: %v", src, wantErr)
		case err == nil:
			if got = floats(got); !reflect.DeepEqual(got, want) {
				t.Fatalf("%q: got %#v, want %#v", src, got, want)
			}
		case wantErr == nil && errors.Is(err, errJSONText):
			if utf8.ValidString(src) && !strings.Contains(src, `\u`) {
				t.Fatalf("%q: got %v", src, err)
			}
		case wantErr == nil && errors.Is(err, errJSONSyntax):
			t.Fatalf("refused %q, which encoding/json accepts", src)
		}
	})
}

// floats is v with all numbers as encoding/json reads them.
func floats(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = floats(v[k])
		}
	}
	return v
}

func BenchmarkDecodeJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeJSON(`{"email":"user@example.com","password":"correct horse battery staple"}`); err != nil {
			b.Fatal(err)
		}
	}
}
