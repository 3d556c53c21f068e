package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one keep-alive connection. It knows just enough of HTTP/1.1 to cost
// next to nothing beside the server: answers have a Content-Length or no body.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
	body   []byte // of the last answer
}

// answerTimeout bounds the wait for one answer: a sign-in behind sixty others
// on a busy machine takes some seconds.
const answerTimeout = 30 * time.Second

func dial(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, reader: bufio.NewReaderSize(conn, 4<<10)}, nil
}

func (c *client) close() error { return c.conn.Close() }

// do sends a request and reads the answer, whose body stays in c.body until the
// next one.
func (c *client) do(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, fmt.Errorf("bench: send a request: %w", err)
	}
	status, err = c.read()
	if err != nil {
		return 0, fmt.Errorf("bench: read an answer: %w", err)
	}
	return status, nil
}

var errNotHTTP = errors.New("that is no answer of HTTP/1.1")

func (c *client) read() (status int, err error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, errNotHTTP
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, errNotHTTP
	}
	length := 0
	for {
		if line, err = c.reader.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		const name = "Content-Length: "
		if len(line) > len(name) && line[0] == 'C' && bytes.HasPrefix(line, []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimRight(line[len(name):], "\r\n"))); err != nil {
				return 0, errNotHTTP
			}
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.reader, c.body)
	return status, err
}
