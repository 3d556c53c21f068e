package letter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// smtpPatience is how long a server may take for one step.
const smtpPatience = 15 * time.Second

// badAddress are the codes of errors by which there is no such address (RFC 3463 §3.2,
// RFC 7505). The others of their class are about the sender.
var badAddress = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}

// SMTP is a Carrier that gives mail to a server.
type SMTP struct {
	Config MailConfig
	// Roots are the authorities that may vouch for the server. Nil means those of the
	// system.
	Roots *x509.CertPool
}

// Send is part of Carrier. An address that the server says is none gets nothing more.
// Whatever else it refuses may be a matter of how it is set up, and is tried again.
func (s SMTP) Send(ctx context.Context, m Message) error {
	// What a changed Config could allow is looked at here too.
	if err := s.Config.Validate(); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	msg, err := s.message(ctx, m)
	if err != nil {
		return err
	}
	var l line
	client, err := s.client(&l)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	defer l.close()
	stop := context.AfterFunc(ctx, l.close)
	defer stop()
	err = client.DialAndSendWithContext(ctx, msg)
	var refused *gomail.SendError
	switch {
	case err == nil, msg.IsDelivered():
		return nil // what went wrong afterwards is of no account
	case errors.As(err, &refused) && slices.Contains(badAddress, refused.EnhancedStatusCode()):
		return fmt.Errorf("%w: the mail server refuses the address: %w", outbox.ErrDrop, err)
	}
	return fmt.Errorf("letter: mail: %w", err)
}

// message is a letter in the form of mail.
func (s SMTP) message(ctx context.Context, m Message) (*gomail.Msg, error) {
	from, err := mail.ParseAddress(s.Config.From)
	if err != nil {
		return nil, fmt.Errorf("letter: mail.from: %w", err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: %w", outbox.ErrDrop, err)
	}
	// The default would name the machine.
	id := make([]byte, 16)
	if _, err := io.ReadFull(engine.Random(ctx), id); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(fmt.Sprintf("%x@%s", id, domain))
	msg.SetDateWithValue(time.UnixMilli(int64(engine.Now(ctx))).UTC())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.Subject(oneLine(m.Subject))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// client is a client of the server, which connects by l.
func (s SMTP) client(l *line) (*gomail.Client, error) {
	c := &s.Config.SMTP
	config := &tls.Config{ServerName: c.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(c.port()), gomail.WithTimeout(smtpPatience), gomail.WithTLSConfig(config), gomail.WithoutNoop(),
	}
	switch c.protection() {
	case Implicit:
		l.tls = config
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	options = append(options, gomail.WithDialContextFunc(l.dial))
	if c.User != "" {
		auth := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
		if c.protection() == NoTLS {
			auth = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
		}
		options = append(options, gomail.WithOpportunisticSMTPAuth(auth...), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	return gomail.NewClient(c.Host, options...)
}
