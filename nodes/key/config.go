package key

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Config is the section "keys" of app.yaml. The zero Config looks into the
// header Authorization and the query parameter apikey.
type Config struct {
	From []Carrier `yaml:"from"`
}

// Carrier is a place in a request where a key's secret may stand: a header, raw
// or behind the word Bearer, or a query parameter.
type Carrier struct {
	Header  string `yaml:"header"`
	Query   string `yaml:"query"`
	Kind    Kind   `yaml:"kind"`    // the only kind of key that is taken from here; "" means both
	Invalid string `yaml:"invalid"` // the code of the refusal of a key from here; "" means invalid_API_key
}

var defaultFrom = []Carrier{{Header: "Authorization"}, {Query: "apikey"}}

func (c *Config) from() []Carrier {
	if c.From == nil {
		return defaultFrom
	}
	return c.From
}

// Validate returns all that is wrong with the configuration, joined.
func (c *Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf("keys."+format, args...)) }
	if c.From != nil && len(c.From) == 0 {
		problem("from: name at least one header or query parameter")
	}
	for i, carrier := range c.From {
		if err := carrier.validate(); err != nil {
			problem("from[%d]: %w", i, err)
		}
		for _, other := range c.From[:i] {
			if strings.EqualFold(other.Header, carrier.Header) && other.Query == carrier.Query {
				problem("from[%d]: %s is named twice", i, carrier)
			}
		}
	}
	return errors.Join(errs...)
}

// String names the carrier as a message does.
func (c Carrier) String() string {
	if c.Query != "" {
		return "query parameter " + c.Query
	}
	return "header " + c.Header
}

// headerLetters are what the name of a header is made of in practice.
const headerLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func (c Carrier) validate() error {
	switch {
	case c.Header == "" && c.Query == "":
		return errors.New("name a header or a query parameter")
	case c.Header != "" && c.Query != "":
		return errors.New("name a header or a query parameter, not both")
	case strings.Trim(c.Header, headerLetters) != "":
		return fmt.Errorf("%q is no name of a header", c.Header)
	case c.Kind != "" && c.Kind != Private && c.Kind != Public:
		return fmt.Errorf("kind must be private or public, not %q", c.Kind)
	}
	return nil
}

// code is that of the refusal of a key that opens nothing.
func (c Carrier) code() string {
	if c.Invalid != "" {
		return c.Invalid
	}
	return "invalid_API_key"
}

// read is the secret that stands there; "" if none does.
func (c Carrier) read(from engine.Source) string {
	if c.Query != "" {
		text, _ := from.Query(c.Query, true)
		return text
	}
	text, _ := from.Header(textproto.CanonicalMIMEHeaderKey(c.Header))
	const bearer = "Bearer "
	if len(text) >= len(bearer) && strings.EqualFold(text[:len(bearer)], bearer) {
		text = strings.TrimLeft(text[len(bearer):], " ")
	}
	return text
}

// Find is the secret that a request came with and what carried it. The first
// carrier that is not empty counts, whether or not its secret opens anything; ""
// means that the request came with none.
func (c *Config) Find(from engine.Source) (secret string, by Carrier) {
	for _, carrier := range c.from() {
		if secret = carrier.read(from); secret != "" {
			return secret, carrier
		}
	}
	return "", Carrier{}
}
