package cmd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/runtime"
)

func isNoSession(err error) bool {
	return errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrForeign)
}

// userOperator administers users.
type userOperator struct{ *backend }

var _ runtime.UserAdmin = userOperator{}

// Add is part of runtime.UserAdmin.
func (o userOperator) Add(ctx context.Context, realm string, n runtime.NewUser) (runtime.UserInfo, error) {
	u, _, err := user.New(ctx, user.Account{
		Email: given(n.Email), Phone: given(n.Phone), Username: given(n.Username), Name: given(n.Name), Groups: n.Groups,
	})
	if err != nil {
		return runtime.UserInfo{}, err
	}
	hash := ""
	if n.Password != "" {
		if hash, err = o.accept(ctx, realm, n.Password, u); err != nil {
			return runtime.UserInfo{}, err
		}
	}
	return userInfo(u), o.store(ctx, realm, u, hash)
}

// accept is the hash of a password that u may have.
func (o userOperator) accept(ctx context.Context, realm, text string, u user.User) (string, error) {
	hash, reasons, err := o.deps.Intake.In(realm).Accept(ctx, engine.NewSecret(text), user.Words(u))
	if err == nil && len(reasons) > 0 {
		err = engine.Fail(422, "password_rejected", "The password is too easy to guess: "+strings.Join(reasons, ", ")+".")
	}
	return hash, err
}

// store stores a new user. An identifier that is taken is the operator's fault.
func (o userOperator) store(ctx context.Context, realm string, u user.User, hash string) error {
	err := o.db.Users().Create(ctx, realm, u, hash)
	var taken *user.TakenError
	if errors.As(err, &taken) {
		return engine.Fail(409, "taken", "Another user has this "+string(taken.Field)+" already.")
	}
	return err
}

// List is part of runtime.UserAdmin.
func (o userOperator) List(ctx context.Context, realm, after string, limit int) ([]runtime.UserInfo, error) {
	all, err := o.db.Users().List(ctx, realm, after, limit)
	var infos []runtime.UserInfo
	for _, u := range all {
		infos = append(infos, userInfo(u))
	}
	return infos, err
}

// Show is part of runtime.UserAdmin.
func (o userOperator) Show(ctx context.Context, realm, name string) (runtime.UserInfo, error) {
	u, err := o.find(ctx, realm, name)
	return userInfo(u), err
}

// SetPassword is part of runtime.UserAdmin.
func (o userOperator) SetPassword(ctx context.Context, realm, name, text string) error {
	return o.with(ctx, realm, name, func(u user.User) error {
		hash, err := o.accept(ctx, realm, text, u)
		if err != nil {
			return err
		}
		notice := letter.Notice(ctx, realm, letter.PasswordChanged, u.ID)
		if err := o.db.Passwords().Set(ctx, realm, u.ID, hash, password.EndAll, "", notice); err != nil {
			return err
		}
		return o.deps.Tries.Forgive(ctx, password.Target{Realm: realm, UserID: u.ID})
	})
}

// Disable is part of runtime.UserAdmin.
func (o userOperator) Disable(ctx context.Context, realm, name string) error {
	return o.with(ctx, realm, name, func(u user.User) error { return o.db.Users().Disable(ctx, realm, u.ID, engine.Now(ctx)) })
}

// Enable is part of runtime.UserAdmin.
func (o userOperator) Enable(ctx context.Context, realm, name string) error {
	return o.with(ctx, realm, name, func(u user.User) error { return o.db.Users().Enable(ctx, realm, u.ID, engine.Now(ctx)) })
}

// RemoveFactors is part of runtime.UserAdmin.
func (o userOperator) RemoveFactors(ctx context.Context, realm, name string) error {
	return o.with(ctx, realm, name, func(u user.User) error {
		err := o.factors.Remove(ctx, realm, u.ID)
		if errors.Is(err, factor.ErrNotFound) {
			return engine.Fail(404, "no_factor", "The user has no second factor.")
		}
		return err
	})
}

// Delete is part of runtime.UserAdmin.
func (o userOperator) Delete(ctx context.Context, realm, name string) error {
	return o.with(ctx, realm, name, func(u user.User) error { return o.db.Users().Delete(ctx, realm, u.ID) })
}

// with does something to the user of a name.
func (o userOperator) with(ctx context.Context, realm, name string, do func(user.User) error) error {
	u, err := o.find(ctx, realm, name)
	if err != nil {
		return err
	}
	return do(u)
}

// Limits of an import.
const (
	maxImportLine     = 1 << 20 // bytes
	maxImportProblems = 1000    // beyond which an import is given up
)

// Import is part of runtime.UserAdmin. Each line is a user by itself: those
// before one that cannot be imported are there, and those behind it follow.
func (o userOperator) Import(ctx context.Context, realm string, lines io.Reader) (runtime.ImportReport, error) {
	var report runtime.ImportReport
	scan := bufio.NewScanner(lines)
	scan.Buffer(make([]byte, 0, 64<<10), maxImportLine)
	for n := 1; scan.Scan(); n++ {
		line := bytes.TrimSpace(scan.Bytes())
		if len(line) == 0 {
			continue
		}
		there, err := o.importUser(ctx, realm, line)
		var f *engine.Failure
		switch {
		case err == nil && there:
			report.There++
		case err == nil:
			report.Imported++
		case errors.As(err, &f):
			report.Problems = append(report.Problems, runtime.ImportProblem{Line: n, Message: f.Message})
		default:
			return report, err
		}
		if len(report.Problems) > maxImportProblems {
			report.Problems = append(report.Problems, runtime.ImportProblem{Line: n, Message: "There are too many problems; the rest was not looked at."})
			return report, nil
		}
	}
	if err := scan.Err(); err != nil {
		return report, engine.Fail(400, "validation_error", fmt.Sprintf("The lines could not be read: %v.", err))
	}
	return report, nil
}

// importUser imports the user of a line, unless that is there already.
func (o userOperator) importUser(ctx context.Context, realm string, line []byte) (there bool, err error) {
	in, err := readImportLine(line)
	if err != nil {
		return false, err
	}
	u, _, err := user.New(ctx, user.Account{
		Email: given(in.Email), Phone: given(in.Phone), Username: given(in.Username), Name: given(in.Name), Picture: given(in.Picture),
		Groups: in.Groups, Data: in.Data,
	})
	if err != nil {
		return false, err
	}
	if in.ID != "" {
		if u.ID, err = user.Canonical(user.ByID, in.ID); err != nil {
			return false, engine.Fail(400, "validation_error", "The id is not 24 hex digits.")
		}
	}
	if there, err := o.isThere(ctx, realm, u, in); there || err != nil {
		return there, err
	}
	u.EmailVerified = in.EmailVerified && u.Email != nil
	u.PhoneVerified = in.PhoneVerified && u.Phone != nil
	if !in.SignUpAt.IsZero() {
		u.SignUpAt = engine.InstantOf(in.SignUpAt)
	}
	if err := o.admitHash(in.PasswordHash); err != nil {
		return false, err
	}
	return false, o.store(ctx, realm, u, in.PasswordHash)
}

// isThere reports whether the user of a line is there already, with the same
// identifiers. A line without an id must have the same hash too: whoever has an
// address here need not be who has it in the file.
func (o userOperator) isThere(ctx context.Context, realm string, u user.User, in importLine) (bool, error) {
	by, value := user.ByID, u.ID
	if in.ID == "" {
		by, value = user.ByAny, cmp.Or(text(u.Email), text(u.Phone), text(u.Username))
	}
	found, err := o.db.Users().Find(ctx, realm, by, value)
	if errors.Is(err, user.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	same := text(found.Email) == text(u.Email) && text(found.Phone) == text(u.Phone) && text(found.Username) == text(u.Username)
	switch {
	case in.ID != "" && !same:
		return false, engine.Fail(409, "taken", "Another user has this id already.")
	case in.ID != "" || !same:
		return same, nil
	}
	hash, err := o.db.Passwords().Hash(ctx, realm, found.ID)
	if errors.Is(err, password.ErrNone) {
		err = nil
	}
	return hash == in.PasswordHash, err
}

// admitHash checks that a hash from elsewhere can be checked here at a bounded
// cost, and has that cost hidden from the first sign-in on.
func (o userOperator) admitHash(hash string) error {
	if hash == "" {
		return nil
	}
	if err := password.CheckImport(hash); err != nil {
		return engine.Fail(400, "validation_error", "The password hash cannot be taken: "+strings.TrimPrefix(err.Error(), "password: ")+".")
	}
	o.cover(hash)
	return nil
}

func userInfo(u user.User) runtime.UserInfo {
	info := runtime.UserInfo{
		ID: u.ID, Email: text(u.Email), Phone: text(u.Phone), Username: text(u.Username), Name: text(u.Name),
		Status: string(u.Status), Groups: u.Groups, Factors: u.Factors, SignUp: u.SignUpAt,
	}
	if u.LastLoginAt != nil {
		info.LastLogin = *u.LastLoginAt
	}
	return info
}

// given is nil for an empty text.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// text is empty for nil.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
