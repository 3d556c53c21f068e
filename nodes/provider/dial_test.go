package provider

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// Only public addresses are called, and others where app.yaml says so.
func TestMayCall_R63(t *testing.T) {
	for address, want := range map[string]struct{ public, loopback, private bool }{
		"8.8.8.8": {true, true, true}, "2606:4700::1111": {true, true, true},
		"127.0.0.1": {false, true, false}, "::1": {false, true, false}, "::ffff:127.0.0.1": {false, true, false},
		"10.0.0.1": {false, false, true}, "192.168.1.1": {false, false, true}, "172.16.0.1": {false, false, true}, "fd00::1": {false, false, true},
		"169.254.169.254": {}, "fe80::1": {}, "0.0.0.0": {}, "::": {}, "100.64.0.1": {false, false, true}, "224.0.0.1": {}, "255.255.255.255": {},
		"192.0.0.192": {}, "198.18.0.1": {}, "240.0.0.1": {}, "64:ff9b::7f00:1": {}, "2002:7f00:1::": {}, "::7f00:1": {}, "ff02::1": {}, "fec0::1": {},
	} {
		addr := netip.MustParseAddr(address).Unmap()
		got := struct{ public, loopback, private bool }{mayCall(addr, false, false), mayCall(addr, true, false), mayCall(addr, false, true)}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", address, got, want)
		}
	}
}

// The address is looked at when the connection is made, whatever the name.
func TestDial_R63(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	if res, err := newClient(false, true).Get(server.URL); err == nil {
		res.Body.Close()
		t.Error("a loopback address: got an answer, want none")
	}
	res, err := newClient(true, false).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusFound {
		t.Errorf("got %d, want the redirect, which is not followed", res.StatusCode)
	}
}

// Keys that are too weak, or are none for signatures, are not taken.
func TestReadKey_R50(t *testing.T) {
	for name, jwk := range map[string]object{
		"none": {}, "symmetric": {"kty": "oct", "k": "AAAA"}, "weak": {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
		"for encryption":     {"kty": "OKP", "crv": "Ed25519", "use": "enc", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		"short":              {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
		"not on the curve":   {"kty": "EC", "crv": "P-256", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		"another curve":      {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
		"RSA, even exponent": {"kty": "RSA", "n": rsaModulus, "e": "BA"},
	} {
		if k, err := readKey(jwk); !errors.Is(err, errKey) {
			t.Errorf("%s: got %+v, %v, want errKey", name, k, err)
		}
	}
	for name, jwk := range map[string]object{
		"RSA": {"kty": "RSA", "n": rsaModulus, "e": "AQAB"}, "Ed25519": {"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
	} {
		if _, err := readKey(jwk); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
