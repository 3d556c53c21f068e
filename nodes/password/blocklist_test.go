package password

import (
	"strings"
	"testing"
)

// the list of common passwords is part of the program, so that no service can be
// down; one that cannot be read lets nothing pass.
func TestBlockList_R06(t *testing.T) {
	if n := strings.Count(unpack(compressedBlocklist), "\n"); n < 3000 {
		t.Errorf("got %d passwords, want 3,000 at least", n)
	}
	for name, list := range map[string][]byte{"none": nil, "no list": []byte("password"), "half of it": compressedBlocklist[:len(compressedBlocklist)/2]} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it is read", name)
				}
			}()
			unpack(list)
		}()
	}
}
