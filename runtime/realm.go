package runtime

import (
	"net"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// realms finds the realm of a host name. Hosts that no realm names belong to
// the main one.
type realms map[string]string

// of takes the Host field of a request. A host that is listed with a port
// counts for that port only.
func (m realms) of(host string) string {
	if len(m) == 0 {
		return engine.MainRealm
	}
	host = strings.ToLower(host)
	if realm, ok := m[host]; ok {
		return realm
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if realm, ok := m[bare(host)]; ok {
		return realm
	}
	return engine.MainRealm
}

// bare is a host name without what it can be written with: the dot of the root, and the
// brackets around an address.
func bare(host string) string { return strings.TrimSuffix(strings.Trim(host, "[]"), ".") }
