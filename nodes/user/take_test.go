package user

import (
	"errors"
	"testing"

	"github.com/latchwork/latchwork/nodes/identity"
)

// an identity without a provider or without a subject is nobody's.
func TestTakeNobody_A37(t *testing.T) {
	for _, i := range []identity.Verified{{}, identity.Verify(identity.Identity{Issuer: "https://github.com", Subject: "77"}),
		identity.Verify(identity.Identity{Provider: "github", Subject: "77"}), identity.Verify(identity.Identity{Provider: "github", Issuer: "https://github.com"})} {
		var u User
		if err := u.take(nil, &i); !errors.Is(err, errUnverified) || u.Provider != "" || u.ProviderUserID != "" {
			t.Errorf("%+v: got %v and %+v, want it refused", i, err, u)
		}
	}
}
