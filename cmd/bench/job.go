package main

import (
	"fmt"
	"strconv"
)

// job is what a client asks for again and again.
type job struct {
	name     string
	title    string
	request  func(dst []byte, n uint64) []byte // appends the nth request
	status   int                               // of every answer
	answer   string                            // what the smoke test expects of a body, as a regular expression
	sessions int                               // how many the database has at the start
	most     uint64                            // how many requests there are; 0 means any number
}

const (
	seededSessions = 10_000
	endedSessions  = 100_000 // of J3, which ends one with each request
)

// jobs are those that are compared with the twin.
func jobs() map[string]*job {
	tokens := make([]string, endedSessions)
	for n := range tokens {
		tokens[n] = tokenOf(uint64(n))
	}
	all := map[string]*job{}
	for _, j := range []*job{
		{
			name: "J1", title: "session check", status: 200, answer: `^{"userId":"[0-9a-f]{24}"}$`, sessions: seededSessions,
			request: func(dst []byte, n uint64) []byte {
				return fmt.Appendf(dst, "GET /check HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nSession: %s\r\n\r\n",
					browser, tokens[n*7919%seededSessions])
			},
		}, {
			name: "J2", title: "sign-in", status: 200, sessions: seededSessions,
			answer: `^{"userId":"[0-9a-f]{24}","token":"lws_[-_0-9A-Za-z]{43}","expiryDtm":"20[-0-9]{8}T[:0-9]{8}\.\d{3}Z"}$`,
			request: func(dst []byte, n uint64) []byte {
				return appendPost(dst, "/sign-in", `{"email":"`+emailOf(n%seededUsers)+`","password":"`+secret+`"}`)
			},
		}, {
			name: "J3", title: "sign-out", status: 204, answer: `^$`, sessions: endedSessions, most: endedSessions,
			request: func(dst []byte, n uint64) []byte {
				return fmt.Appendf(dst, "POST /sign-out HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nSession: %s\r\nContent-Length: 0\r\n\r\n",
					browser, tokens[n])
			},
		}, {
			name: "J4", title: "ten nodes without I/O", status: 200,
			answer: `^{"greeting":"Hello Ada \d+ from DE","label":"ada \d+","currency":"EUR","age":36,"vip":true}$`,
			request: func(dst []byte, n uint64) []byte {
				return appendPost(dst, "/chain", `{"name":"Ada `+strconv.FormatUint(n%100+1, 10)+`","country":"DE","age":36}`)
			},
		},
	} {
		all[j.name] = j
	}
	return all
}

func appendPost(dst []byte, path, body string) []byte {
	return fmt.Appendf(dst, "POST %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, browser, len(body), body)
}
