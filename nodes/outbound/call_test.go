package outbound

import (
	"fmt"
	"io"
	"testing"
)

// What cannot end otherwise is not tried again.
func TestAgain(t *testing.T) {
	for _, c := range []struct {
		status int
		err    error
		want   bool
	}{
		{200, nil, false}, {404, nil, false}, {500, nil, false}, {505, nil, false},
		{429, nil, true}, {502, nil, true}, {503, nil, true}, {504, nil, true},
		{0, io.ErrUnexpectedEOF, true}, {0, ErrAddress, true},
		{0, fmt.Errorf("%w: x", ErrNotListed), false}, {0, ErrNotSecure, false}, {0, ErrUser, false}, {0, errNobody, false},
		{200, errJSON, false}, {503, ErrTooLarge, false},
	} {
		if got := again(c.status, c.err); got != c.want {
			t.Errorf("%d, %v: got %v", c.status, c.err, got)
		}
	}
}
