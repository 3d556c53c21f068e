package runtime

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueryValue(t *testing.T) {
	tests := []struct {
		name, query, key string
		keepPlus         bool
		want             string
		found            bool
	}{
		{"plain", "a=1&b=2", "b", false, "2", true},
		{"absent", "a=1", "b", false, "", false},
		{"empty", "a=&b", "a", false, "", true},
		{"without =", "a", "a", false, "", true},
		{"first of two", "a=1&a=2", "a", false, "1", true},
		{"encoded name", "%61=1", "a", false, "1", true},
		{"plus is a space", "a=x+y%2Bz", "a", false, "x y+z", true},
		{"plus is kept", "a=x+y%2Bz", "a", true, "x+y+z", true},
		{"wrongly encoded", "a=%zz&a=2", "a", false, "2", true},
		{"semicolons separate nothing", "b=1;a=2", "a", false, "", false},
		{"not UTF-8", "a=%ff", "a", false, "\uFFFD", true},
		{"value with =", "a=b=c", "a", false, "b=c", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := queryValue(tt.query, tt.key, tt.keepPlus)
			if got != tt.want || found != tt.found {
				t.Errorf("got %q, %v, want %q, %v", got, found, tt.want, tt.found)
			}
		})
	}
}

func TestDecodeForm(t *testing.T) {
	got, ok := decodeForm("email=a%40b.c&password=x+y&email=z")
	want := map[string]string{"email": "a@b.c", "password": "x y"}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []string{"a=%z", "%z=a"} {
		if _, ok := decodeForm(bad); ok {
			t.Errorf("%q is read", bad)
		}
	}
}

// FuzzQuery compares with net/url wherever that finds nothing wrong.
func FuzzQuery(f *testing.F) {
	f.Add("a=1&b=%20+&c", "b")
	f.Add("a;b=1", "b")
	f.Fuzz(func(t *testing.T, query, name string) {
		got, found := queryValue(query, name, false)
		all, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if want, there := all[name]; there != found || there && unicodeText(want[0]) != got {
			t.Fatalf("%q in %q: got %q, %v, want %q", name, query, got, found, want)
		}
	})
}
