package session

import "strings"

// browser is a browser by the word that stands before the slash of its version.
type browser struct {
	word   string
	family string
	mobile string // its name on a phone, where it differs
}

// browsers are all that are known. Each of them also names all those that it
// wants to be taken for, so of several in a text the first of this list counts.
var browsers = []browser{
	{"Googlebot", "Googlebot", ""},
	{"bingbot", "bingbot", ""},
	{"DuckDuckBot", "DuckDuckBot", ""},
	{"Applebot", "Applebot", ""},
	{"YandexBot", "YandexBot", ""},
	{"HeadlessChrome", "HeadlessChrome", ""},
	{"Electron", "Electron", ""},
	{"EdgA", "Edge Mobile", ""},
	{"EdgiOS", "Edge Mobile", ""},
	{"Edg", "Edge", ""},
	{"Edge", "Edge", ""},
	{"OPT", "Opera Touch", ""},
	{"OPiOS", "Opera Mini", ""},
	{"Mini", "Opera Mini", ""},
	{"OPR", "Opera", "Opera Mobile"},
	{"SamsungBrowser", "Samsung Internet", ""},
	{"Vivaldi", "Vivaldi", ""},
	{"YaBrowser", "Yandex Browser", ""},
	{"UCBrowser", "UC Browser", ""},
	{"Whale", "Whale", ""},
	{"DuckDuckGo", "DuckDuckGo Mobile", ""},
	{"FxiOS", "Firefox iOS", ""},
	{"CriOS", "Chrome Mobile iOS", ""},
	{"SeaMonkey", "SeaMonkey", ""},
	{"PaleMoon", "Pale Moon", ""},
	{"Firefox", "Firefox", "Firefox Mobile"},
	{"Chromium", "Chromium", ""},
	{"Chrome", "Chrome", "Chrome Mobile"},
	{"Trident", "IE", ""},
	{"Version", "Safari", "Mobile Safari"},
}

// rank is the place of a browser in browsers, by its word.
var rank = func() map[string]int {
	m := make(map[string]int, len(browsers))
	for i, b := range browsers {
		m[b.word] = i
	}
	return m
}()

// findBrowser looks at every "word/" of the text and gives the browser that
// counts, with the text behind its slash.
func findBrowser(text string) (b browser, version string) {
	best := len(browsers)
	for at := 0; ; {
		length := strings.IndexByte(text[at:], '/')
		if length < 0 {
			break
		}
		end := at + length
		start := end
		for start > at && isLetter(text[start-1]) {
			start--
		}
		at = end + 1
		if i, known := rank[text[start:end]]; known && i < best {
			best, version = i, text[at:]
		}
	}
	if best == len(browsers) {
		return browser{}, ""
	}
	return browsers[best], version
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

func browserOf(text string, os Product) Product {
	b, version := findBrowser(text)
	family := b.family
	if b.mobile != "" && strings.Contains(text, "Mobile") {
		family = b.mobile
	}
	switch b.word {
	case "", "Trident":
		return plainBrowser(text, os)
	case "Chrome":
		if strings.Contains(text, "; wv)") {
			family = "Chrome Mobile WebView"
		}
	case "Version":
		// The browser that Android had before Chrome goes by the system's version.
		if os.Family == "Android" {
			return Product{Family: "Android", Major: os.Major, Minor: os.Minor, Patch: os.Patch}
		}
		if strings.HasPrefix(text, "Opera/") {
			family = "Opera"
		}
	}
	return versioned(family, version)
}

// plainBrowser is a browser that has no word of its own, or another program.
func plainBrowser(text string, os Product) Product {
	if version, found := after(text, "MSIE "); found {
		return versioned("IE", version)
	}
	if rest, found := after(text, "Trident/"); found {
		version, _ := after(rest, "rv:")
		return versioned("IE", version)
	}
	if os.Family == "iOS" && strings.Contains(text, "AppleWebKit/") {
		return versioned("Mobile Safari UI/WKWebView", "")
	}
	return program(text)
}

// maxName is how many bytes the name of a program or a model may have.
const maxName = 64

// program reads "name/1.2.3 anything", as programs that are no browsers call
// themselves.
func program(text string) Product {
	name, version, _ := strings.Cut(text, "/")
	if name == "" || len(name) > maxName || name == "Mozilla" || strings.ContainsFunc(name, notInName) {
		return other
	}
	return versioned(name, strings.TrimPrefix(version, "v"))
}

func notInName(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("-_.+ ", r):
		return false
	}
	return true
}
