package flows

import "strings"

// Suggest is the known word that was most likely meant by a misspelt one, or ""
// if none is near: a third of the letters may be wrong, or one of a short word.
// Case does not count. Of words equally near the first in alphabetical order is
// taken, so the order of known does not matter.
func Suggest(word string, known []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, len(word)/3)
	for _, candidate := range known {
		d := distance(word, strings.ToLower(candidate), least)
		if d >= len(word) || d > least {
			continue
		}
		if d < least || best == "" || candidate < best {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of letters that have to be put in, taken out, changed
// or swapped with their neighbour to turn a into b. Above limit it is just some
// number above limit.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) > limit || len(t)-len(s) > limit {
		return limit + 1
	}
	// Three rows of the usual table: two before, before, current.
	older, old, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		older, old, row = old, row, older
	}
	return old[len(t)]
}
