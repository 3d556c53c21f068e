package letter

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter/lettertest"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// carrier sends to the server.
func carrier(s *lettertest.Server, protection TLS) SMTP {
	c := SMTP{Roots: s.Roots, Config: MailConfig{
		From: "Teapots <no-reply@example.com>",
		SMTP: SMTPConfig{Host: "localhost", Port: s.Port, TLS: protection},
	}}
	if s.Password != "" {
		c.Config.SMTP.User, c.Config.SMTP.Password = lettertest.User, s.Password
	}
	return c
}

var hello = Message{Channel: ByMail, To: "ada@example.com", Subject: "Grüße", Text: "Open http://x/?a=b\n.\nDone — it is.\n", HTML: "<p>Done — it is.</p>"}

func TestSMTP(t *testing.T) {
	for _, protection := range []TLS{StartTLS, Implicit, NoTLS} {
		for _, password := range []string{"", "kettle"} {
			t.Run(string(protection)+" "+password, func(t *testing.T) {
				s := &lettertest.Server{Password: password}
				s.Start(t, string(protection))
				ctx := engine.WithWorld(t.Context(), engine.World{
					Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }, Random: strings.NewReader(strings.Repeat("r", 100)),
				})
				if err := carrier(s, protection).Send(ctx, hello); err != nil {
					t.Fatal(err)
				}
				got := s.Only(t)
				if got.TLS != (protection != NoTLS) || got.From != "no-reply@example.com" || strings.Join(got.To, " ") != "ada@example.com" {
					t.Errorf("got %+v", got)
				}
				if (got.User == "app") != (password != "") {
					t.Errorf("signed in as %q", got.User)
				}
				wantMail(t, got.Data)
			})
		}
	}
}

// wantMail checks that a mail is hello.
func wantMail(t *testing.T, data string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"Teapots" <no-reply@example.com>`, "To": "<ada@example.com>", "Subject": "Grüße", "Auto-Submitted": "auto-generated",
		"Date": "Tue, 14 Nov 2023 22:13:20 +0000", "Message-Id": "<" + strings.Repeat("72", 16) + "@example.com>", "User-Agent": "", "X-Mailer": "",
	} {
		got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("got %s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{hello.Text, hello.HTML} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if got := strings.ReplaceAll(string(text), "\r\n", "\n"); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// A server that cannot be trusted gets nothing, not even the password.
func TestSMTPIsNotTrusted(t *testing.T) {
	for name, test := range map[string]struct {
		serve, send TLS
		change      func(*SMTP)
	}{
		"no STARTTLS":            {NoTLS, StartTLS, nil},
		"unknown authority":      {StartTLS, StartTLS, func(c *SMTP) { c.Roots = x509.NewCertPool() }},
		"unknown, implicit":      {Implicit, Implicit, func(c *SMTP) { c.Roots = x509.NewCertPool() }},
		"another name":           {StartTLS, StartTLS, func(c *SMTP) { c.Config.SMTP.Host = "127.0.0.1" }},
		"implicit to a clear":    {NoTLS, Implicit, nil},
		"in the clear elsewhere": {NoTLS, NoTLS, func(c *SMTP) { c.Config.SMTP.Host = "192.0.2.1" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := &lettertest.Server{Password: "kettle"}
			s.Start(t, string(test.serve))
			c := carrier(s, test.send)
			if test.change != nil {
				test.change(&c)
			}
			err := c.Send(t.Context(), hello)
			if err == nil || errors.Is(err, outbox.ErrDrop) || strings.Contains(err.Error(), "kettle") {
				t.Errorf("got %v, want an error to try again", err)
			}
			if mails := s.Mails(); len(mails) > 0 {
				t.Errorf("got %+v", mails)
			}
		})
	}
}

func TestSMTPRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		drop bool
	}{
		"no such mailbox": {&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}, true},
		"no relay":        {&smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay access denied"}, false},
		"no reason":       {&smtp.SMTPError{Code: 550, EnhancedCode: smtp.NoEnhancedCode, Message: "no"}, false},
		"greylisted":      {&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "later"}, false},
	} {
		s := &lettertest.Server{Refuse: test.err}
		s.Start(t, string(NoTLS))
		if err := carrier(s, NoTLS).Send(t.Context(), hello); err == nil || errors.Is(err, outbox.ErrDrop) != test.drop {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s := &lettertest.Server{Password: "kettle"}
	s.Start(t, string(StartTLS))
	c := carrier(s, StartTLS)
	c.Config.SMTP.Password = "another kettle"
	if err := c.Send(t.Context(), hello); err == nil || errors.Is(err, outbox.ErrDrop) || strings.Contains(err.Error(), "another kettle") {
		t.Errorf("a wrong password: got %v", err)
	}
}

// A mail that was taken is not sent again because of what went wrong afterwards.
func TestSMTPBreaksAfterwards(t *testing.T) {
	s := &lettertest.Server{BreaksAfterwards: true}
	s.Start(t, string(NoTLS))
	if err := carrier(s, NoTLS).Send(t.Context(), hello); err != nil {
		t.Errorf("got %v", err)
	}
	s.Only(t)
}

// Nothing in a letter adds a header or a recipient.
func TestSMTPHeaders(t *testing.T) {
	s := &lettertest.Server{}
	s.Start(t, string(NoTLS))
	m := hello
	m.Subject, m.HTML = "a\r\nBcc: eve@example.com\r\n\r\nb", ""
	m.Text = "a\r\n.\r\nMAIL FROM:<eve@example.com>\r\n"
	if err := carrier(s, NoTLS).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Only(t)
	read, err := mail.ReadMessage(strings.NewReader(got.Data))
	if err != nil || read.Header.Get("Bcc") != "" || read.Header.Get("Subject") != "a Bcc: eve@example.com b" {
		t.Errorf("got %v, %s", err, got.Data)
	}
	for _, to := range []string{"ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", ""} {
		m.To = to
		if err := carrier(s, NoTLS).Send(t.Context(), m); !errors.Is(err, outbox.ErrDrop) {
			t.Errorf("%q: got %v", to, err)
		}
	}
	s.Only(t)
}

// A server that says nothing is given up with the context.
func TestSMTPHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s := &lettertest.Server{Port: l.Addr().(*net.TCPAddr).Port}
	begin := time.Now()
	if err := carrier(s, NoTLS).Send(ctx, hello); err == nil {
		t.Error("got no error")
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

// A long subject is folded, and read as it was written.
func TestSMTPLongSubject(t *testing.T) {
	for _, subject := range []string{strings.Repeat("word ", 60) + "end", strings.Repeat("Grüße an alle ", 30) + "end"} {
		s := &lettertest.Server{}
		s.Start(t, string(NoTLS))
		m := hello
		m.Subject = subject
		if err := carrier(s, NoTLS).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		got := s.Only(t)
		read, err := mail.ReadMessage(strings.NewReader(got.Data))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil || text != subject {
			t.Errorf("got %q, %v, want %q", text, err, subject)
		}
		for _, line := range strings.Split(got.Data, "\r\n") {
			if len(line) > 78 {
				t.Errorf("a line of %d bytes: %s", len(line), line)
			}
		}
	}
}
