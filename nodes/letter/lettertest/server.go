// Package lettertest has a mail server for tests, which keeps what it is given.
package lettertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User is who may sign in to a Server with a password.
const User = "app"

// Server is a mail server on loopback. Its name is localhost.
type Server struct {
	Password         string // of User; "" if nobody has to sign in
	Refuse           error  // of every recipient
	BreaksAfterwards bool   // the connection breaks once a mail is taken

	Port  int            // where it listens
	Roots *x509.CertPool // vouches for it

	mu    sync.Mutex
	mails []Mail
}

// Mail is a mail that was taken.
type Mail struct {
	From string
	To   []string
	Data string // header and text
	TLS  bool   // the connection was protected
	User string // who has signed in
}

// Start starts the server, which ends with the test. Its connections are protected as
// mail.smtp.tls says: by starttls, implicit or none.
func (s *Server) Start(t testing.TB, protection string) {
	t.Helper()
	certificate, roots := selfMade(t)
	s.Roots = roots
	server := smtp.NewServer(backend{s})
	server.Domain, server.AllowInsecureAuth = "localhost", protection == "none"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch protection {
	case "starttls":
		server.TLSConfig = config
	case "implicit":
		l = tls.NewListener(l, config)
	case "none":
	default:
		t.Fatalf("no protection is named %q", protection)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // which fails when it is closed
	t.Cleanup(func() {
		server.Close()
		l.Close() // which the server does not know if it has hardly begun
		serving.Wait()
	})
}

// Mails are the mails that were taken.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Only is the only mail that was taken.
func (s *Server) Only(t testing.TB) Mail {
	t.Helper()
	mails := s.Mails()
	if len(mails) != 1 {
		t.Fatalf("got %d mails, want one", len(mails))
	}
	return mails[0]
}

// Await waits until so many mails were taken, and gives them.
func (s *Server) Await(t testing.TB, n int) []Mail {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if mails := s.Mails(); len(mails) >= n {
			return mails
		}
	}
	t.Fatalf("got %d mails within a minute, want %d", len(s.Mails()), n)
	return nil
}

// selfMade is a certificate of localhost, and who vouches for it.
func selfMade(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// backend makes the sessions of a server.
type backend struct{ server *Server }

// NewSession is part of smtp.Backend.
func (b backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, protected := c.TLSConnectionState()
	return &session{server: b.server, conn: c, mail: Mail{TLS: protected}}, nil
}

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail // that comes next
}

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms is part of smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth is part of smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != s.server.Password {
			return errors.New("unknown user or wrong password")
		}
		s.mail.User = user
		return nil
	}), nil
}

// Mail is part of smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.From = from
	return nil
}

// Rcpt is part of smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.Refuse
}

// Data is part of smtp.Session.
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Data = string(data)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}

// Reset is part of smtp.Session.
func (s *session) Reset() {
	if s.server.BreaksAfterwards {
		s.conn.Conn().Close()
	}
	s.mail = Mail{TLS: s.mail.TLS, User: s.mail.User}
}

// Logout is part of smtp.Session.
func (s *session) Logout() error { return nil }
