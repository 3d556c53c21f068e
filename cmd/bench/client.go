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
// next to nothing beside the server: answers have a Content-Length or no body. It
// connects when it is needed first: a server waits for that some seconds only, and
// others may have their turns first.
type client struct {
	address string
	conn    net.Conn // nil before until
	reader  *bufio.Reader
	body    []byte // of the last answer
}

// answerTimeout bounds the wait for one answer: a sign-in behind sixty others
// on a busy machine takes some seconds.
const answerTimeout = 30 * time.Second

// until connects, if that is to be done yet, and bounds all that follows.
func (c *client) until(end time.Time) error {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return err
		}
		c.conn, c.reader = conn, bufio.NewReaderSize(conn, 4<<10)
	}
	return c.conn.SetDeadline(end)
}

func (c *client) close() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

// do, behind until, sends a request and reads the answer, whose body stays in
// c.body until the next one.
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
