package token

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Class says what the tokens of a purpose are good for.
type Class string

// The classes of purposes.
const (
	SignIn   Class = "signIn"   // opens a session
	HandOver Class = "handOver" // hands a proof over to another application
	Address  Class = "address"  // shows that somebody holds an address
	Reset    Class = "reset"    // a new password, and nothing else
)

// Classes are all classes.
var Classes = []Class{SignIn, HandOver, Address, Reset}

// term is how long tokens of a class live, and how long at most where app.yaml says
// so.
type term struct{ usual, most time.Duration }

var terms = map[Class]term{
	SignIn:   {15 * time.Minute, 24 * time.Hour},
	HandOver: {time.Minute, 10 * time.Minute},
	Address:  {24 * time.Hour, 30 * 24 * time.Hour},
	Reset:    {10 * time.Minute, time.Hour},
}

// Lifetime is how long tokens of the class live where app.yaml does not say.
func (c Class) Lifetime() time.Duration { return terms[c].usual }

// MaxLifetime is the longest that app.yaml may say.
func (c Class) MaxLifetime() time.Duration { return terms[c].most }

// CheckClass says what is wrong with the class of a purpose.
func CheckClass(c Class) error {
	if slices.Contains(Classes, c) {
		return nil
	}
	var names []string
	for _, known := range Classes {
		names = append(names, string(known))
	}
	return fmt.Errorf("must be of class %s, not %q", strings.Join(names, ", "), c)
}

// CheckLifetime says what is wrong with a lifetime that app.yaml gives a purpose.
func (c Class) CheckLifetime(d time.Duration) error {
	if most := c.MaxLifetime(); d < time.Second || d > most {
		return fmt.Errorf("lives from 1s to %s, not %s", short(most), short(d))
	}
	return nil
}

// short is a duration as app.yaml writes it.
func short(d time.Duration) string {
	text := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// claims reports whether whoever reads the mail becomes the user. A token that
// confirms an address does not by itself: its flow says what becomes of the address.
func (c Class) claims() bool { return c == SignIn || c == Reset }
