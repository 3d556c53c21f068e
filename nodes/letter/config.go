package letter

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// MailConfig says how mail is sent.
type MailConfig struct {
	From string     `yaml:"from"` // the sender: no-reply@example.com, or "Example <no-reply@example.com>"
	SMTP SMTPConfig `yaml:"smtp"`
}

// SMTPConfig is the server that takes mail. Without a host nothing is mailed.
type SMTPConfig struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"` // 0 for that which is usual
	User     string `yaml:"user"` // "" to send without signing in
	Password string `yaml:"password"`
	TLS      TLS    `yaml:"tls"` // "" for StartTLS, or for Implicit at port 465
}

// TLS says how the connection to a server is protected.
type TLS string

// The ways to protect a connection.
const (
	StartTLS TLS = "starttls" // from a command on, without which nothing is sent
	Implicit TLS = "implicit" // from its beginning
	NoTLS    TLS = "none"     // not at all, which only servers on loopback may be
)

// implicitPort is the port of servers with which TLS begins at once (RFC 8314).
const implicitPort = 465

// protection is how the connection is protected.
func (c *SMTPConfig) protection() TLS {
	switch {
	case c.TLS != "":
		return c.TLS
	case c.Port == implicitPort:
		return Implicit
	}
	return StartTLS
}

// port is the port that counts.
func (c *SMTPConfig) port() int {
	if c.Port != 0 {
		return c.Port
	}
	return map[TLS]int{StartTLS: 587, Implicit: implicitPort, NoTLS: 25}[c.protection()]
}

// Validate returns all that is wrong with the configuration, joined. Each error
// begins with the place in app.yaml.
func (c *MailConfig) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	s := c.SMTP
	if _, err := mail.ParseAddress(c.From); c.From != "" && (err != nil || strings.ContainsAny(c.From, "\r\n")) {
		problem("mail.from must be an address such as no-reply@example.com, not %q", c.From)
	}
	if s.Host == "" && (s.Port != 0 || s.User != "") {
		problem("mail.smtp has no host, so nothing would be mailed")
	}
	if s.Host != "" && c.From == "" {
		problem("mail.smtp needs a sender: set mail.from")
	}
	if s.Port < 0 || s.Port > 65535 {
		problem("mail.smtp.port must be from 1 to 65535, not %d", s.Port)
	}
	if (s.User == "") != (s.Password == "") {
		problem("mail.smtp needs user and password, or neither")
	}
	switch s.protection() {
	case StartTLS, Implicit:
	case NoTLS:
		if s.Host != "" && !outbound.IsLoopback(s.Host) {
			problem("mail.smtp.tls can be none only for a server on loopback: mail opens accounts")
		}
	default:
		problem("mail.smtp.tls must be starttls, implicit or none, not %q", s.TLS)
	}
	return errors.Join(errs...)
}

// MessagesConfig says how short messages are sent.
type MessagesConfig struct {
	Webhook string `yaml:"webhook"` // URL that takes them; "" writes them to the log
}

// Validate returns what is wrong with the configuration. The error begins with the
// place in app.yaml. It does not have the URL, which may hold a secret.
func (c *MessagesConfig) Validate() error {
	if c.Webhook == "" {
		return nil
	}
	u, err := url.Parse(c.Webhook)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("messages.webhook must be a URL such as https://sms.example.com/send")
	case u.Scheme != "https" && !outbound.IsLoopback(u.Hostname()):
		return errors.New("messages.webhook must be https off loopback: messages open accounts")
	}
	return nil
}
