package outbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

func TestNew(t *testing.T) {
	ctx := engine.WithWorld(t.Context(), engine.World{Now: func() time.Time { return time.UnixMilli(7) }})
	got := outbox.New(ctx, "shop", outbox.Code, "u1", []byte("{}"))
	want := outbox.Entry{Realm: "shop", Kind: outbox.Code, UserID: "u1", Body: []byte("{}"), Created: 7, Due: 7}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
