package letter

import (
	"strings"
	"testing"
)

func TestMailConfig(t *testing.T) {
	const from = "no-reply@example.com"
	for _, test := range []struct {
		name string
		c    MailConfig
		want string // a part of the error; "" for none
	}{
		{"nothing", MailConfig{}, ""},
		{"a sender alone", MailConfig{From: from}, ""},
		{"a server", MailConfig{From: from, SMTP: SMTPConfig{Host: "smtp.example.com", Port: 587, User: "a", Password: "b"}}, ""},
		{"two senders", MailConfig{From: "a@example.com, b@example.com", SMTP: SMTPConfig{Host: "h"}}, "mail.from must be"},
		{"a name in quotes", MailConfig{From: `"Teapots & Co." <a@example.com>`, SMTP: SMTPConfig{Host: "h"}}, ""},
		{"no sender", MailConfig{SMTP: SMTPConfig{Host: "h"}}, "mail.smtp needs a sender"},
		{"an odd sender", MailConfig{From: "nobody"}, "mail.from must be"},
		{"no host", MailConfig{From: from, SMTP: SMTPConfig{User: "a", Password: "b"}}, "mail.smtp has no host"},
		{"half of a sign-in", MailConfig{From: from, SMTP: SMTPConfig{Host: "h", User: "a"}}, "mail.smtp needs user and password"},
		{"an odd port", MailConfig{From: from, SMTP: SMTPConfig{Host: "h", Port: 70000}}, "mail.smtp.port"},
		{"odd TLS", MailConfig{From: from, SMTP: SMTPConfig{Host: "h", TLS: "ssl"}}, "mail.smtp.tls must be"},
		{"none off loopback", MailConfig{From: from, SMTP: SMTPConfig{Host: "smtp.example.com", TLS: NoTLS}}, "only for a server on loopback"},
		{"none on loopback", MailConfig{From: from, SMTP: SMTPConfig{Host: "LOCALHOST.", TLS: NoTLS}}, ""},
		{"none on ::1", MailConfig{From: from, SMTP: SMTPConfig{Host: "::1", TLS: NoTLS}}, ""},
		{"a name like loopback", MailConfig{From: from, SMTP: SMTPConfig{Host: "127.0.0.1.example.com", TLS: NoTLS}}, "only for a server on loopback"},
	} {
		err := test.c.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestPorts(t *testing.T) {
	for want, c := range map[int]SMTPConfig{587: {}, 465: {TLS: Implicit}, 25: {TLS: NoTLS}, 2525: {Port: 2525}} {
		if got := c.port(); got != want {
			t.Errorf("%+v: got %d, want %d", c, got, want)
		}
	}
	for want, c := range map[TLS]SMTPConfig{StartTLS: {Port: 25}, Implicit: {Port: 465}, NoTLS: {Port: 465, TLS: NoTLS}} {
		if got := c.protection(); got != want {
			t.Errorf("%+v: got %s, want %s", c, got, want)
		}
	}
}

func TestMessagesConfig(t *testing.T) {
	for url, ok := range map[string]bool{
		"": true, "https://sms.example.com/send?key=1": true, "http://127.0.0.1:8000/": true, "http://[::1]/": true,
		"http://sms.example.com/": false, "sms.example.com": false, "ftp://localhost/": false, "https://": false, "http://127.0.0.1.example.com/": false,
	} {
		c := MessagesConfig{Webhook: url}
		err := c.Validate()
		if (err == nil) != ok {
			t.Errorf("%q: got %v", url, err)
		}
	}
}
