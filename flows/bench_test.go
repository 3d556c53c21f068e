package flows_test

import (
	"testing"

	"github.com/latchwork/latchwork/flows"
)

// BenchmarkParse reads 500 flows of about ten nodes, as a large app has them.
func BenchmarkParse(b *testing.B) {
	src := samples(b)["testdata/flows/drafts/bridgekeeper/social-callback.yaml"]
	b.ReportAllocs()
	b.SetBytes(500 * int64(len(src)))
	for b.Loop() {
		for range 500 {
			if _, diags := flows.Parse("social-callback.yaml", src); len(diags) > 0 {
				b.Fatal(diags)
			}
		}
	}
}
