package password

import "testing"

// without a configuration there is room for many accounts: who floods the
// server with a few others does not make it forget a lock.
func TestTriesHaveRoom_R13(t *testing.T) {
	if got := NewMemoryTries(TriesConfig{}).each * triesShards; got != 1<<16 {
		t.Errorf("got room for %d accounts, want %d", got, 1<<16)
	}
}

// What cannot be an identifier is counted as it is, so that tries for one do not
// count for another.
func TestCanonicalOfWhatIsNone(t *testing.T) {
	for text, want := range map[string]string{" Ada@Example.com ": "ada@example.com", " no\x00body ": "no\x00body", "@@": "@@"} {
		if got := canonical(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
