package user

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of what a user shows of themselves.
const (
	maxName    = 200  // characters
	maxPicture = 2048 // bytes
)

// displayName is a name as it is stored: trimmed, in one line. A name stands in
// mails, pages and logs, where a line break would begin something else.
func displayName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return "", invalid("name", "The name must be one line of at most 200 characters.")
	}
	return name, nil
}

// pictureURL is the URL of a picture as it is stored. Pages put it into links,
// so nothing but the web will do.
func pictureURL(picture string) (string, error) {
	picture = strings.TrimSpace(picture)
	if picture == "" {
		return "", nil
	}
	u, err := url.Parse(picture)
	if err != nil || len(picture) > maxPicture || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", invalid("picture", "The picture must be the URL of a picture on the web.")
	}
	return u.String(), nil
}

// maxSlug is how much of a name a slug takes, in bytes.
const maxSlug = 40

// slugOf is a short name for URLs: the letters and digits of a name, and the
// start of the id, which tells namesakes apart. It gives no address away.
func slugOf(u *User) string {
	name := ""
	switch {
	case u.Username != nil:
		name = *u.Username
	case u.Name != nil:
		name = *u.Name
	}
	words := strings.FieldsFunc(strings.ToLower(name[:min(len(name), maxSlug)]), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(append(words, u.ID[:8]), "-")
}
