package letter

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// envelope is a letter in the form of mail (RFC 5322), with who it is from and to.
type envelope struct {
	from, to string
	data     *bytes.Buffer
}

// envelope puts a letter into its envelope. An address that is none drops it.
func (c *MailConfig) envelope(ctx context.Context, m Message) (*envelope, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("letter: mail.from: %w", err)
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil || to.Address != m.To {
		return nil, fmt.Errorf("%w: not an address: %q", outbox.ErrDrop, m.To)
	}
	id := make([]byte, 16)
	if _, err := io.ReadFull(engine.Random(ctx), id); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	e := &envelope{from: from.Address, to: to.Address, data: &bytes.Buffer{}}
	_, domain, _ := strings.Cut(from.Address, "@")
	e.header("Date", time.UnixMilli(int64(engine.Now(ctx))).UTC().Format(time.RFC1123Z))
	e.header("From", from.String())
	e.header("To", to.String())
	e.header("Subject", mime.QEncoding.Encode("utf-8", oneLine(m.Subject)))
	e.header("Message-ID", fmt.Sprintf("<%x@%s>", id, domain)) // which names no machine
	e.header("Auto-Submitted", "auto-generated")               // RFC 3834
	e.header("MIME-Version", "1.0")
	return e, e.body(m)
}

// header writes a field, folded where it is long.
func (e *envelope) header(name, value string) {
	length := len(name) + 1
	e.data.WriteString(name + ":")
	for _, word := range strings.Fields(value) {
		if length+1+len(word) > 76 {
			e.data.WriteString("\r\n")
			length = 0
		}
		e.data.WriteString(" " + word)
		length += 1 + len(word)
	}
	e.data.WriteString("\r\n")
}

// body writes the text and, where there is one, the page that says the same.
func (e *envelope) body(m Message) error {
	if m.HTML == "" {
		for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
			e.header(name, partHeader("plain").Get(name))
		}
		e.data.WriteString("\r\n")
		return encode(e.data, m.Text)
	}
	parts := multipart.NewWriter(e.data)
	e.header("Content-Type", "multipart/alternative; boundary="+parts.Boundary())
	e.data.WriteString("\r\n")
	for _, part := range []struct{ subtype, text string }{{"plain", m.Text}, {"html", m.HTML}} {
		w, err := parts.CreatePart(partHeader(part.subtype))
		if err != nil {
			return fmt.Errorf("letter: %w", err)
		}
		if err := encode(w, part.text); err != nil {
			return err
		}
	}
	return parts.Close()
}

func partHeader(subtype string) textproto.MIMEHeader {
	return textproto.MIMEHeader{"Content-Type": {"text/" + subtype + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}}
}

func encode(w io.Writer, text string) error {
	q := quotedprintable.NewWriter(w)
	if _, err := io.WriteString(q, text); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	return q.Close()
}
