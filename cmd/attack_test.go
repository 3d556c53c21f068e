package cmd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const attackFlow = `version: 1
flow: item
endpoints:
  - {method: GET, path: "/items/{id}", require: none}
  - {method: POST, path: "/items/{id}", require: none}
input:
  id:    {type: string, maxLength: 100}
  thing: {type: string, from: header.X-Thing, optional: true}
nodes:
  - id: ok
    use: respond
    with:
      headers: {X-Echo: "${{ input.thing ?? '' }}"}
      body:
        id: ${{ input.id }}
        host: ${{ request.host }}
        ip: ${{ request.ip }}
`

// Requests that are not what they seem reach no other endpoint than they name,
// have one answer, and leave nothing behind on the connection: R-64.
func TestRawRequests(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	a.write("item.yaml", attackFlow)
	a.start()
	const host = "Host: 127.0.0.1\r\n"
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\n" + host + "\r\n" }
	header := func(field string) string { return "GET /items/a HTTP/1.1\r\n" + host + field + "\r\n\r\n" }
	post := func(fields, body string) string {
		return "POST /items/a HTTP/1.1\r\n" + host + fields + "\r\n" + body
	}
	smuggled := get("/items/smuggled")
	tests := []struct {
		name, request string
		want          []string // the statuses of all answers
	}{
		{"two lengths", post("Content-Length: 0\r\nContent-Length: 47\r\n", smuggled), []string{"400"}},
		{"signed length", post("Content-Length: +5\r\n", "abcde"), []string{"400"}},
		{"length and chunks", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+smuggled), []string{"200"}},
		{"chunks alone", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"+smuggled), []string{"200"}},
		{"chunks twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"+smuggled), []string{"501"}},
		{"another encoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+smuggled), []string{"501"}},
		{"blank before a colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+smuggled), []string{"400"}},
		{"a body that nobody reads", post(fmt.Sprintf("Content-Length: %d\r\n", len(smuggled)), smuggled), []string{"200"}},
		{"no host", "GET /items/a HTTP/1.1\r\n\r\n", []string{"400"}},
		{"two hosts", header("Host: evil.example"), []string{"400"}},
		{"a host that is none", "GET /items/a HTTP/1.1\r\nHost: a\"<b>\r\n\r\n", []string{"400"}},
		{"a NUL in a field", header("X-Thing: a\x00b"), []string{"400"}},
		{"a line end in a field", header("X-Thing: a\rSet-Cookie: a=b"), []string{"400"}},
		{"a large header", header("X-Thing: " + strings.Repeat("a", 40<<10)), []string{"431"}},
		{"half an escape", get("/items/%4"), []string{"400"}},
		{"an encoded slash", get("/items/..%2f..%2fapp.db"), []string{"404"}},
		{"dots", get("/items/../me"), []string{"404"}},
		{"encoded dots", get("/items/%2e%2e/me"), []string{"404"}},
		{"two slashes", get("//items/a"), []string{"404"}},
		{"a slash behind", get("/items/a/"), []string{"404"}},
		{"capitals", get("/Items/a"), []string{"404"}},
		{"the database", get("/app.db"), []string{"404"}},
		{"a flow's file", get("/item.yaml"), []string{"404"}},
		{"no address", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", []string{"404"}},
		{"a tunnel", "CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + host + "\r\n", []string{"404"}},
		{"TRACE", "TRACE /items/a HTTP/1.1\r\n" + host + "\r\n", []string{"405"}},
		{"small letters", "get /items/a HTTP/1.1\r\n" + host + "\r\n", []string{"405"}},
		{"another method in a field", "DELETE /items/a HTTP/1.1\r\n" + host + "X-HTTP-Method-Override: GET\r\n\r\n", []string{"405"}},
		{"another protocol", header("Connection: Upgrade\r\nUpgrade: h2c"), []string{"200"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, answer := range a.raw(t, tt.request) {
				got = append(got, answer.status)
				for _, word := range []string{"smuggled", "goroutine", ".go:", "app.db", "sqlite"} {
					if strings.Contains(answer.text, word) {
						t.Errorf("got %s, want nothing of %s", answer.text, word)
					}
				}
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}

	// Fields that other servers believe change neither the path nor the client.
	forged := header("X-Original-URL: /me\r\nX-Rewrite-URL: /me\r\nX-Forwarded-Host: evil.example\r\n" +
		"Forwarded: for=192.0.2.1;host=evil.example\r\nX-Real-IP: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.1")
	if got := a.raw(t, forged); len(got) != 1 || got[0].text != `{"id":"a","host":"127.0.0.1","ip":"127.0.0.1"}` {
		t.Errorf("R-18: got %v, want the request as it came", got)
	}
	// A line end in the address is text like any other.
	if got := a.raw(t, get("/items/%0d%0aSet-Cookie:a=b")); len(got) != 1 || got[0].status != "200" || got[0].header.Get("Set-Cookie") != "" {
		t.Errorf("got %v, want an answer without a cookie", got)
	}
}

// rawAnswer is what came back on a connection.
type rawAnswer struct {
	status string
	header http.Header
	text   string
}

// raw writes bytes as they are and reads answers until the server closes the
// connection, or one follows that was asked for last of all.
func (a *testApp) raw(t *testing.T, request string) []rawAnswer {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	const last = "GET /items/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	go io.WriteString(c, request+last)
	var answers []rawAnswer
	for r := bufio.NewReader(c); ; {
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return answers
		}
		if strings.Contains(string(text), `"id":"last"`) {
			return answers
		}
		answers = append(answers, rawAnswer{answer.Status[:3], answer.Header, string(text)})
	}
}
