//go:build ignore

// Generate writes common.txt.gz from the lists named in README.md:
//
//	go run generate.go passwords.json pwlist.txt
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	var words []string
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		var list []string
		if json.Unmarshal(text, &list) != nil {
			list = strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
		}
		words = append(words, list...)
	}
	for i, word := range words {
		words[i] = strings.ToLower(word)
	}
	// Left out: what is too short to be a password, hashes and sentences that
	// strayed into a list, and what lost its encoding.
	words = slices.DeleteFunc(words, func(word string) bool {
		length := utf8.RuneCountInString(word)
		return length < 3 || length > 24 || !utf8.ValidString(word) ||
			strings.ContainsAny(word, " \t●") || strings.Contains(word, "пї")
	})
	slices.Sort(words)
	words = slices.Compact(words)

	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := w.Write([]byte(strings.Join(words, "\n") + "\n")); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("common.txt.gz", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("%d passwords, %d bytes", len(words), out.Len())
}
