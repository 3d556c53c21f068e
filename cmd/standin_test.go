package cmd

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/letter/lettertest"
)

const (
	standIn = `version: 1
flow: standIn
endpoints:
  - {method: POST, path: /stand-in, require: apikey, scope: support}
input:
  userId: {type: string, maxLength: 24}
nodes:
  - id: opened
    use: session.create
    allow: {unproved: Support acts for people who have asked for help.}
    with:
      userId: ${{ input.userId }}
  - id: ok
    use: respond
    reveal: [opened.token]
    with:
      body:
        session: ${{ opened.token }}
`
	newAddress = `version: 1
flow: newAddress
endpoints:
  - {method: POST, path: /new-address, require: session}
input:
  email: {type: string, maxLength: 254}
nodes:
  - id: link
    use: link.send
    with:
      userId: ${{ session.userId }}
      email: ${{ input.email }}
      purpose: new-address
      template: new-address
  - id: ok
    use: respond
    with: {status: 202}
`
)

// who stands in for a user in a session mails no link to an address of their own,
// by which they would be the user from then on, with nobody to tell who they are.
func TestStandInMailsNoLink(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := newTestApp(t, mailingConfig(sink.Port)+"purposes: {new-address: address}\n")
	a.write("stand-in.yaml", standIn)
	a.write("new-address.yaml", newAddress)
	a.write("new-address.mail.txt", "Subject: New\n\n{{.Token}}\n")
	a.run(`{"email":"ada@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	var made struct{ Secret string }
	if err := json.Unmarshal([]byte(a.run("", "key", "create", "support", "--scope", "support", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	var ada struct{ ID string }
	if err := json.Unmarshal([]byte(a.run("", "user", "show", "ada@example.com", "--json")), &ada); err != nil {
		t.Fatal(err)
	}
	a.start()
	a.key = made.Secret
	var opened struct{ Session string }
	a.mustCall("/stand-in", "", map[string]string{"userId": ada.ID}, &opened)
	status, answer := a.call("/new-address", opened.Session, map[string]string{"email": "staff@example.com"})
	if status != http.StatusForbidden || !strings.Contains(answer, "address_refused") {
		t.Errorf("got %d %s, want 403 address_refused", status, answer)
	}
}
