package password

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"sort"
	"strings"
	"sync"
)

// blocklist/README.md names the sources and their licences.
//
//go:embed blocklist/common.txt.gz
var compressedBlocklist []byte

// blocklist is the list as one text, sorted, one password a line: 400 KiB from
// the first use on, and nothing before.
var blocklist = sync.OnceValue(func() string { return unpack(compressedBlocklist) })

// unpack panics where the list cannot be read: without one no password is taken.
func unpack(compressed []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(r); err == nil {
			return string(text)
		}
	}
	panic("password: the built-in block list cannot be read: " + err.Error())
}

// maxListed is the length of the longest password on the list, in bytes.
const maxListed = 30

// listed reports whether word, in lower case, is on the block list.
func listed(word string) bool {
	if len(word) > maxListed || word == "" {
		return false
	}
	text := blocklist()
	// The first line that is not before word begins where the search ends.
	at := sort.Search(len(text), func(i int) bool { return lineAt(text, i) >= word })
	return at < len(text) && lineAt(text, at) == word
}

// lineAt returns the line of text that position i is in.
func lineAt(text string, i int) string {
	begin := strings.LastIndexByte(text[:i], '\n') + 1
	end := strings.IndexByte(text[begin:], '\n')
	if end < 0 {
		return text[begin:]
	}
	return text[begin : begin+end]
}
