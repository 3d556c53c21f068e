package provider

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
)

// skew is how far the clock of a provider may be off, in seconds.
const skew = 60

// Person is who a provider says that somebody is.
type Person struct {
	Identity identity.Identity
	Email    string // canonical, verified or not; "" for none
	Name     string
	Picture  string
}

// idToken is the claims of an ID token that is for this sign-in (OpenID Connect Core
// §3.1.3.7).
func (p *Provider) idToken(ctx context.Context, token, nonce string) (object, error) {
	claims, err := p.verified(ctx, token)
	if err != nil {
		return nil, err
	}
	now := float64(engine.Now(ctx)) / 1000
	issued, expires := claims.seconds("iat"), claims.seconds("exp")
	azp, hasParty := claims["azp"]
	audiences := claims.texts("aud")
	switch {
	case claims.text("iss") != p.config.Issuer:
		return nil, refused("the token is of another issuer, %q", claims.text("iss"))
	case !slices.Contains(audiences, p.config.ClientID):
		return nil, refused("the token is for another client")
	case len(audiences) > 1 && !hasParty, hasParty && azp != p.config.ClientID:
		return nil, refused("the token was made for another client")
	case !(now < expires+skew):
		return nil, refused("the token is over")
	case !(issued <= now+skew):
		return nil, refused("the token is of the future")
	case claims["nbf"] != nil && !(claims.seconds("nbf") <= now+skew):
		return nil, refused("the token is not good yet")
	case subtle.ConstantTimeCompare([]byte(claims.text("nonce")), []byte(nonce)) != 1:
		return nil, refused("the token is of another sign-in: its nonce is not ours")
	case !isSubject(claims.text("sub")):
		return nil, refused("the token names nobody")
	}
	return claims, nil
}

// seconds is a time of a token; what is none is NaN, before and after nothing.
func (o object) seconds(name string) float64 {
	n, _ := o[name].(json.Number)
	f, err := n.Float64()
	if err != nil {
		return math.NaN()
	}
	return f
}

// texts is a text, or a list of them.
func (o object) texts(name string) []string {
	if text, ok := o[name].(string); ok {
		return []string{text}
	}
	list, _ := o[name].([]any)
	var texts []string
	for _, each := range list {
		text, ok := each.(string)
		if !ok {
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}

// isSubject reports whether a text can name a user of a provider: it has up to 255
// characters of ASCII (OpenID Connect Core §2). The empty one is everybody's.
func isSubject(text string) bool {
	return text != "" && len(text) <= 255 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// person reads who somebody is, of a subject that was shown. Email and the others are
// what the answer says, verified is what it says of the address: true, or "true", as some
// providers write it.
func (p *Provider) person(subject string, email, verified, name, picture any) Person {
	one := Person{Identity: identity.Identity{Provider: p.name, Issuer: p.issuer(), Subject: subject}}
	if text, ok := email.(string); ok {
		if canonical, err := user.Canonical(user.ByEmail, text); err == nil {
			one.Email = canonical
		}
	}
	if verified == true || verified == "true" {
		one.Identity.Email = one.Email
	}
	shown, _ := name.(string)
	image, _ := picture.(string)
	one.Name, one.Picture = user.Foreign(shown, image)
	return one
}
