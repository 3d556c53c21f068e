package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// fake is a provider that answers what a test wants.
type fake struct {
	*httptest.Server
	t   testing.TB
	key *ecdsa.PrivateKey
	kid string

	calls  map[string]int // by path
	form   url.Values     // of the last exchange
	basic  [2]string      // user and password of it
	nonce  string         // of the sign-in under way
	verify string         // its code challenge

	metadata map[string]any // instead of what it says of itself
	header   map[string]any // instead of that of the token
	claims   map[string]any // besides those of the token; nil takes one away
	idToken  string         // the whole token, if set
	token    any            // the whole answer to an exchange, if set
	status   int            // of it
	userinfo any            // the answer of userinfo
	emails   any            // the answer of emails; nil for 404
}

func newFake(t testing.TB) *fake {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, key: key, kid: "one", calls: map[string]int{}, status: 200}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.calls[r.URL.Path]++
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize?theme=dark", "token_endpoint": f.URL + "/token",
			"jwks_uri": f.URL + "/keys", "userinfo_endpoint": f.URL + "/me", "authorization_response_iss_parameter_supported": true,
		}
		for name, v := range f.metadata {
			m[name] = v
		}
		answer(m)
	case "/keys":
		answer(map[string]any{"keys": []any{
			map[string]any{"kty": "oct", "k": "c2VjcmV0", "kid": f.kid}, map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"}, f.jwk(),
		}})
	case "/token":
		_ = r.ParseForm()
		f.form = r.PostForm
		f.basic[0], f.basic[1], _ = r.BasicAuth()
		w.WriteHeader(f.status)
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		switch {
		case f.token != nil:
			answer(f.token)
		case base64.RawURLEncoding.EncodeToString(sum[:]) != f.verify:
			answer(map[string]any{"error": "invalid_grant"})
		default:
			answer(map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": f.signed()})
		}
	case "/emails":
		switch {
		case r.Header.Get("Authorization") != "Bearer at":
			w.WriteHeader(http.StatusUnauthorized)
		case f.emails == nil:
			w.WriteHeader(http.StatusNotFound)
		}
		answer(f.emails)
	case "/me":
		if r.Header.Get("Authorization") != "Bearer at" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		answer(f.userinfo)
	default:
		http.NotFound(w, r)
	}
}

func (f *fake) jwk() map[string]any {
	point, err := f.key.PublicKey.Bytes()
	if err != nil {
		f.t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": f.kid, "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func part(v any) string {
	text, _ := json.Marshal(v)
	return b64(text)
}

// signed is the ID token of the sign-in under way.
func (f *fake) signed() string {
	if f.idToken != "" {
		return f.idToken
	}
	header := map[string]any{"alg": "ES256", "kid": f.kid}
	for name, v := range f.header {
		header[name] = v
	}
	claims := map[string]any{
		"iss": f.URL, "aud": "app", "sub": "77", "nonce": f.nonce, "iat": now / 1000, "exp": now/1000 + 60,
		"email": "Ann@Example.com", "email_verified": true, "name": "Ann", "picture": "https://pictures.example/ann.png",
	}
	for name, v := range f.claims {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	switch header["alg"] {
	case "none":
		return text + "."
	case "HS256":
		// By the public key, as if it were the secret.
		point, _ := f.key.PublicKey.Bytes()
		mac := hmac.New(sha256.New, point)
		mac.Write([]byte(text))
		return text + "." + b64(mac.Sum(nil))
	}
	r, s, err := ecdsa.Sign(rand.Reader, f.key, sum[:])
	if err != nil {
		f.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature)
}
