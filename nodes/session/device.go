package session

import "strings"

// windows names the versions of Windows by those of their kernel.
var windows = map[string]string{
	"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista", "5.2": "XP", "5.1": "XP", "5.0": "2000",
}

// systems are operating systems by what stands before their version. Of several
// in a text the first of this list counts.
var systems = []struct{ mark, family string }{
	{"Windows Phone OS ", "Windows Phone"},
	{"Windows Phone ", "Windows Phone"},
	{"Windows ", "Windows"},
	{"Android ", "Android"},
	{"Android;", "Android"},
	{"Mac OS X ", "Mac OS X"},
	{"Macintosh", "Mac OS X"},
	{"KAIOS/", "KaiOS"},
	{"Tizen ", "Tizen"},
	{"Ubuntu/", "Ubuntu"},
	{"Ubuntu", "Ubuntu"},
	{"Fedora/", "Fedora"},
	{"Fedora", "Fedora"},
	{"Debian", "Debian"},
	{"FreeBSD", "FreeBSD"},
	{"OpenBSD", "OpenBSD"},
	{"NetBSD", "NetBSD"},
	{"Linux", "Linux"},
}

func systemOf(text string) Product {
	if kernel, found := after(text, "Windows NT "); found {
		return windowsOf(kernel)
	}
	if appleDevice(text) != "" {
		version, _ := after(text, " OS ")
		return versioned("iOS", version)
	}
	if rest, found := after(text, "CrOS "); found {
		_, version, _ := strings.Cut(rest, " ") // behind the kind of processor
		return versioned("Chrome OS", version)
	}
	for _, s := range systems {
		if version, found := after(text, s.mark); found {
			return versioned(s.family, version)
		}
	}
	return other
}

// windowsOf is the version of Windows that has a kernel. Some are no numbers.
func windowsOf(kernel string) Product {
	number := kernel[:len(kernel)-len(strings.TrimLeft(kernel, "0123456789."))]
	name := windows[number]
	p := versioned("Windows", name)
	if name != "" && p.Major == "0" {
		p.Major = name
	}
	return p
}

// appleDevice is the name of a device that runs iOS, or "".
func appleDevice(text string) string {
	if !strings.Contains(text, " like Mac OS X") {
		return ""
	}
	for _, name := range []string{"iPhone", "iPad", "iPod"} {
		if strings.Contains(text, name) {
			return name
		}
	}
	return ""
}

// deviceOf names phones, tablets and robots. Computers do not tell what they are.
func deviceOf(text, os string) Product {
	d := other
	switch {
	case strings.Contains(text, "bot/"), strings.Contains(text, "Bot/"):
		d.Family = "Spider"
	case os == "iOS":
		d.Family = appleDevice(text)
	case os == "Android":
		if model := androidModel(text); model != "" {
			d.Family = model
		} else if strings.Contains(text, "Mobile") {
			d.Family = "Generic Smartphone"
		}
	}
	return d
}

// androidModel is the model in "(Linux; Android 14; Pixel 8 Build/UQ1A)", or ""
// where the browser hides it.
func androidModel(text string) string {
	_, text, _ = strings.Cut(text, "Android")
	text, _, _ = strings.Cut(text, ")")
	_, text, _ = strings.Cut(text, ";")
	for part := range strings.SplitSeq(text, ";") {
		model, _, _ := strings.Cut(part, " Build/")
		if model = strings.TrimSpace(model); isModel(model) {
			return model
		}
	}
	return ""
}

// isModel tells models from the other things that stand beside them: the form of
// the device, the version of the browser, a language such as "en" or "en-us".
// Newer browsers write K for every model.
func isModel(text string) bool {
	switch text {
	case "", "K", "wv", "Mobile", "Tablet", "U":
		return false
	}
	language := len(text) == 2 || len(text) == 5 && (text[2] == '-' || text[2] == '_')
	return !language && !strings.HasPrefix(text, "rv:") && len(text) <= maxName
}
