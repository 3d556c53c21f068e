package letter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/latchwork/latchwork/nodes/outbox"
)

// smtpPatience is how long a server may take for one step; for all of them together
// it has as long as the context.
const smtpPatience = 15 * time.Second

// badAddress are the codes of errors by which there is no such address (RFC 3463 §3.2,
// RFC 7505). The others of their class are about the sender.
var badAddress = []smtp.EnhancedCode{{5, 1, 1}, {5, 1, 2}, {5, 1, 3}, {5, 1, 6}, {5, 1, 10}}

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
	e, err := s.Config.envelope(ctx, m)
	if err != nil {
		return err
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("letter: mail: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err = s.deliver(conn, e)
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && slices.Contains(badAddress, refused.EnhancedCode):
		return fmt.Errorf("%w: the mail server refuses the address: %w", outbox.ErrDrop, err)
	}
	return fmt.Errorf("letter: mail: %w", err)
}

func (s SMTP) dial(ctx context.Context) (net.Conn, error) {
	c := &s.Config.SMTP
	address := net.JoinHostPort(c.Host, strconv.Itoa(c.port()))
	d := &net.Dialer{Timeout: smtpPatience}
	if c.protection() == Implicit {
		return (&tls.Dialer{NetDialer: d, Config: s.tls()}).DialContext(ctx, "tcp", address)
	}
	return d.DialContext(ctx, "tcp", address)
}

func (s SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.Config.SMTP.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

// deliver gives the server one mail. What goes wrong after it was taken is of no
// account.
func (s SMTP) deliver(conn net.Conn, e *envelope) error {
	client, err := s.greet(conn)
	if err != nil {
		return err
	}
	if err := s.signIn(client); err != nil {
		return err
	}
	if err := client.SendMail(e.from, []string{e.to}, e.data); err != nil {
		return err
	}
	_ = client.Quit()
	return nil
}

func (s SMTP) greet(conn net.Conn) (*smtp.Client, error) {
	client := smtp.NewClient(conn)
	if s.Config.SMTP.protection() == StartTLS {
		var err error
		if client, err = smtp.NewClientStartTLS(conn, s.tls()); err != nil {
			return nil, err
		}
	}
	client.CommandTimeout, client.SubmissionTimeout = smtpPatience, smtpPatience
	return client, nil
}

// signIn tells the server who sends, where it has to know. In the clear that can only
// be a server on this machine, see SMTPConfig.
func (s SMTP) signIn(client *smtp.Client) error {
	c := &s.Config.SMTP
	switch {
	case c.User == "":
		return nil
	case client.SupportsAuth(sasl.Plain):
		return client.Auth(sasl.NewPlainClient("", c.User, c.Password))
	case client.SupportsAuth(sasl.Login):
		return client.Auth(sasl.NewLoginClient(c.User, c.Password))
	}
	return errors.New("the server takes no user and password, by neither PLAIN nor LOGIN")
}
