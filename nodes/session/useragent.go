package session

import (
	"strings"
	"sync"
	"sync/atomic"
)

// maxUserAgent is how many bytes of a User-Agent header are kept and read.
// Browsers send less than 300.
const maxUserAgent = 512

// ParseUserAgent reads a User-Agent header. It knows the browsers, systems and
// devices that people use, names them as the ua-parser project does, and shows
// any other program by the name it gives itself.
//
// It takes about a microsecond. The expressions of ua-parser would take 12 MiB
// of memory and, for a long header, 50 ms.
func ParseUserAgent(text string) UserAgent {
	text = text[:min(len(text), maxUserAgent)]
	os := systemOf(text)
	browser := browserOf(text, os)
	return UserAgent{
		Family: browser.Family, Major: browser.Major, Minor: browser.Minor, Patch: browser.Patch,
		Device: deviceOf(text, os.Family), OS: os,
	}
}

// agents holds what headers of stored sessions mean. Each request looks at a
// session, and would have to read a header anew that many sessions share.
var agents struct {
	known sync.Map // text → *UserAgent
	count atomic.Int32
}

// maxAgents bounds what agents takes: half a MiB if all headers are as long as
// those of browsers. There are seldom more that are in use at a time.
const maxAgents = 1024

// agentOf is ParseUserAgent for the header of a stored session. Nobody may change
// what it gives.
func agentOf(text string) *UserAgent {
	if known, ok := agents.known.Load(text); ok {
		return known.(*UserAgent)
	}
	agent := ParseUserAgent(text)
	if agents.count.Add(1) > maxAgents {
		agents.known.Clear()
		agents.count.Store(1)
	}
	// Parts of agent are parts of the text, and so keep it in memory anyway.
	agents.known.Store(text, &agent)
	return &agent
}

// other is what is not known.
var other = Product{Family: "Other", Major: "0", Minor: "0", Patch: "0"}

// versioned is a product whose version stands at the start of text. Its parts
// are separated by points or, in Apple's systems, by underscores.
func versioned(family, text string) Product {
	p := Product{Family: family, Major: "0", Minor: "0", Patch: "0"}
	for _, part := range []*string{&p.Major, &p.Minor, &p.Patch} {
		digits := 0
		for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			break
		}
		*part, text = text[:digits], text[digits:]
		if text == "" || text[0] != '.' && text[0] != '_' {
			break
		}
		text = text[1:]
	}
	return p
}

// after is the text behind the first mark.
func after(text, mark string) (rest string, found bool) {
	_, rest, found = strings.Cut(text, mark)
	return rest, found
}
