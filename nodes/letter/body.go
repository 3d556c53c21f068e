package letter

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/seal"
)

// body is what the entry of a letter holds.
type body struct {
	Template string `json:"template"`
	To       string `json:"to,omitempty"`   // "" for the user of the entry
	Vars     []byte `json:"vars,omitempty"` // sealed
}

// place is what variables are sealed for: they cannot be opened for somebody else,
// nor by another template.
func (b *body) place(realm, userID string) []string {
	return []string{"letter", realm, userID, b.To, b.Template}
}

// seal puts variables in.
func (b *body) seal(key *seal.Key, random io.Reader, realm, userID string, vars map[string]engine.Secret) error {
	if len(vars) == 0 {
		return nil
	}
	plain := make(map[string]string, len(vars))
	for name, v := range vars {
		plain[name] = v.Reveal()
	}
	text, err := json.Marshal(plain)
	if err == nil {
		b.Vars, err = key.Seal(random, text, b.place(realm, userID)...)
	}
	return err
}

func (b body) encode() []byte {
	text, _ := json.Marshal(b) // which is texts only
	return text
}

// readBody reads the entry of a letter, and opens its variables.
func readBody(key *seal.Key, e outbox.Entry) (b body, vars map[string]string, err error) {
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return b, nil, fmt.Errorf("letter: the entry cannot be read: %w", err)
	}
	if len(b.Vars) == 0 {
		return b, nil, nil
	}
	text, err := key.Open(b.Vars, b.place(e.Realm, e.UserID)...)
	if err == nil {
		err = json.Unmarshal(text, &vars)
	}
	if err != nil {
		return b, nil, fmt.Errorf("letter: the variables of %s cannot be read: %w", b.Template, err)
	}
	return b, vars, nil
}
