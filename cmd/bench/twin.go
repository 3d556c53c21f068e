package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
)

// twin is the program that one writes by hand for the same jobs: net/http,
// gorilla/mux and database/sql. It has no limits on tries, no rules on addresses
// and no log, and it leaves out whatever else Latchwork does for safety.
type twin struct {
	db     *twinDB
	writes writes
	cache  *twinCache // nil without one
	hasher password.Hasher
}

const tokenPrefix = session.Prefix

var tokenLength = len(tokenOf(0))

func (t *twin) routes() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/check", t.check).Methods(http.MethodGet)
	r.HandleFunc("/sign-in", t.signIn).Methods(http.MethodPost)
	r.HandleFunc("/sign-out", t.signOut).Methods(http.MethodPost)
	r.HandleFunc("/chain", chain).Methods(http.MethodPost)
	return r
}

// mostBody is the greatest size of a body in bytes.
const mostBody = 64 << 10

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody)).Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request_body_syntax")
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone
}

func refuse(w http.ResponseWriter, status int, code string) {
	type entry struct {
		Code string `json:"code"`
	}
	answer(w, status, map[string][]entry{"errors": {{code}}})
}

// presented is the session that the request came with. Without one it has
// answered.
func (t *twin) presented(w http.ResponseWriter, r *http.Request) *twinSession {
	w.Header().Set("Cache-Control", "no-store")
	s, err := t.session(r.Header.Get("Session"))
	switch {
	case errors.Is(err, errNoSession):
		refuse(w, http.StatusUnauthorized, "invalid_session_token")
		return nil
	case err != nil:
		refuse(w, http.StatusInternalServerError, "internal_server_error")
		return nil
	}
	return s
}

func (t *twin) check(w http.ResponseWriter, r *http.Request) {
	if s := t.presented(w, r); s != nil {
		answer(w, http.StatusOK, struct {
			UserID string `json:"userId"`
		}{s.userID})
	}
}

func (t *twin) signOut(w http.ResponseWriter, r *http.Request) {
	s := t.presented(w, r)
	if s == nil {
		return
	}
	err := t.writes.do(func(tx *sql.Tx) error {
		_, err := tx.Stmt(t.db.deleteSession).Exec(engine.MainRealm, s.userID, s.id)
		return err
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internal_server_error")
		return
	}
	if t.cache != nil {
		t.cache.drop(s.hash)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (t *twin) signIn(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if !decode(w, r, &in) {
		return
	}
	opened, err := t.open(r, strings.ToLower(in.Email), in.Password)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		refuse(w, http.StatusUnauthorized, "invalid_credentials")
	case err != nil:
		refuse(w, http.StatusInternalServerError, "internal_server_error")
	default:
		w.Header().Set("Cache-Control", "no-store")
		answer(w, http.StatusOK, opened)
	}
}

type twinOpened struct {
	UserID    string `json:"userId"`
	Token     string `json:"token"`
	ExpiryDtm string `json:"expiryDtm"`
}

// open opens a session. Wrong credentials are sql.ErrNoRows.
func (t *twin) open(r *http.Request, email, typed string) (twinOpened, error) {
	userID, hash, err := t.credentials(email)
	if err != nil {
		return twinOpened{}, err
	}
	match, err := t.hasher.Verify(context.WithoutCancel(r.Context()), typed, hash)
	if err != nil {
		return twinOpened{}, err
	}
	if !match {
		return twinOpened{}, sql.ErrNoRows
	}
	var random [32 + 12]byte
	rand.Read(random[:])
	token, id := tokenPrefix+base64.RawURLEncoding.EncodeToString(random[:32]), hex.EncodeToString(random[32:])
	sum := sha256.Sum256([]byte(token))
	now := time.Now()
	idle, final := now.Add(session.DefaultIdle), now.Add(session.DefaultAbsolute)
	ip, _, _ := strings.Cut(r.RemoteAddr, ":")
	err = t.writes.do(func(tx *sql.Tx) error {
		result, err := tx.Stmt(t.db.logIn).Exec(engine.MainRealm, userID, now.UnixMilli())
		if err != nil {
			return err
		}
		if active, err := result.RowsAffected(); err != nil || active == 0 {
			return errors.Join(err, sql.ErrNoRows)
		}
		_, err = tx.Stmt(t.db.insertSession).Exec(engine.MainRealm, sum[:], id, userID, now.UnixMilli(), now.UnixMilli(),
			idle.UnixMilli(), final.UnixMilli(), ip, r.UserAgent(), "[]", `["password"]`, "", "", "{}", "")
		return err
	})
	return twinOpened{userID, token, idle.UTC().Format("2006-01-02T15:04:05.000Z")}, err
}

// credentials are the id of a user and the hash of the user's password.
func (t *twin) credentials(email string) (userID, hash string, err error) {
	var u struct {
		status, groups, provider, providerID, slug, factors, data string
		email, phone, username, name, picture                     sql.NullString
		emailVerified, phoneVerified                              bool
		signUp, updated, lastLogin                                int64
	}
	err = t.db.findUser.QueryRow(engine.MainRealm, email).Scan(&userID, &u.status, &u.groups, &u.email, &u.emailVerified,
		&u.phone, &u.phoneVerified, &u.username, &u.name, &u.picture, &u.provider, &u.providerID, &u.signUp, &u.updated,
		&u.lastLogin, &u.slug, &u.factors, &u.data)
	if err != nil {
		return "", "", err
	}
	err = t.db.findPassword.QueryRow(engine.MainRealm, userID).Scan(&hash)
	return userID, hash, err
}
