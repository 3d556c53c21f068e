package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// DialAdmin administers through the socket of a running server. Nothing is
// connected before the first call; a server that is not there is an error of
// net. Failures that the server made for the operator arrive as *engine.Failure.
func DialAdmin(socket string) Admin {
	var d net.Dialer
	c := &adminClient{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
	}}}
	return Admin{Keys: keyClient{c}, Sessions: sessionClient{c}, Users: userClient{c}, Store: storeClient{c}}
}

// adminClient sends commands to a running server.
type adminClient struct{ http http.Client }

// do sends one command and decodes its answer into into, if that is not nil.
func (c *adminClient) do(ctx context.Context, method, path string, query url.Values, body io.Reader, into any) error {
	target := url.URL{Scheme: "http", Host: "latchwork", RawQuery: query.Encode()}
	target.Path, _ = url.PathUnescape("/admin/v1/" + path)
	target.RawPath = "/admin/v1/" + path
	r, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return fmt.Errorf("runtime: administration: %w", err)
	}
	r.Header.Set(adminHeader, "1")
	res, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("runtime: the running server does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return readFailure(res)
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("runtime: the answer of the running server: %w", err)
	}
	return nil
}

// readFailure is the failure that an error answer tells of.
func readFailure(res *http.Response) error {
	var body failureBody
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || len(body.Errors) == 0 {
		return errors.Join(fmt.Errorf("runtime: the running server answers %s", res.Status), err)
	}
	f := engine.Fail(res.StatusCode, body.Errors[0].Code, body.Errors[0].Message)
	f.Details = body.Errors[0].Details
	return f
}

// userPath is the path of a user.
func userPath(user string) string { return "users/" + segment(user) }

// segment is a name as a segment of a path. Names that cannot be one name nothing, and
// are sent as one that names nothing either: "..", the server would follow to what
// stands above.
func segment(name string) string {
	if name == "" || name == "." || name == ".." {
		name = "?"
	}
	return url.PathEscape(name)
}

// send is do with a body in JSON.
func (c *adminClient) send(ctx context.Context, path, realm string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("runtime: administration: %w", err)
	}
	return c.do(ctx, http.MethodPost, path, in(realm), bytes.NewReader(encoded), into)
}

func in(realm string, more ...string) url.Values {
	query := url.Values{"realm": {realm}}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return query
}

type keyClient struct{ *adminClient }

var _ KeyAdmin = keyClient{}

func (c keyClient) Create(ctx context.Context, realm string, k NewKey) (made KeyInfo, err error) {
	err = c.send(ctx, "keys", realm, k, &made)
	return made, err
}

func (c keyClient) List(ctx context.Context, realm string) (all []KeyInfo, err error) {
	err = c.do(ctx, http.MethodGet, "keys", in(realm), nil, &all)
	return all, err
}

func (c keyClient) Rotate(ctx context.Context, realm, name string, overlap time.Duration) (made KeyInfo, err error) {
	err = c.do(ctx, http.MethodPost, "keys/"+segment(name)+"/rotate", in(realm, "overlap", overlap.String()), nil, &made)
	return made, err
}

func (c keyClient) Revoke(ctx context.Context, realm, name string) (int, error) {
	var n count
	err := c.do(ctx, http.MethodDelete, "keys/"+segment(name), in(realm), nil, &n)
	return n.Count, err
}

type sessionClient struct{ *adminClient }

var _ SessionAdmin = sessionClient{}

func (c sessionClient) List(ctx context.Context, realm, user string) (all []SessionInfo, err error) {
	err = c.do(ctx, http.MethodGet, userPath(user)+"/sessions", in(realm), nil, &all)
	return all, err
}

func (c sessionClient) Revoke(ctx context.Context, realm, user, id string) (int, error) {
	path := userPath(user) + "/sessions"
	if id != "" {
		path += "/" + segment(id)
	}
	var n count
	err := c.do(ctx, http.MethodDelete, path, in(realm), nil, &n)
	return n.Count, err
}

type userClient struct{ *adminClient }

var _ UserAdmin = userClient{}

func (c userClient) Add(ctx context.Context, realm string, u NewUser) (added UserInfo, err error) {
	err = c.send(ctx, "users", realm, u, &added)
	return added, err
}

func (c userClient) List(ctx context.Context, realm, after string, limit int) (all []UserInfo, err error) {
	query := in(realm, "after", after, "limit", strconv.Itoa(limit))
	err = c.do(ctx, http.MethodGet, "users", query, nil, &all)
	return all, err
}

func (c userClient) Show(ctx context.Context, realm, user string) (found UserInfo, err error) {
	err = c.do(ctx, http.MethodGet, userPath(user), in(realm), nil, &found)
	return found, err
}

func (c userClient) SetPassword(ctx context.Context, realm, user, password string) error {
	return c.send(ctx, userPath(user)+"/password", realm, newPassword{password}, nil)
}

func (c userClient) Delete(ctx context.Context, realm, user string) error {
	return c.do(ctx, http.MethodDelete, userPath(user), in(realm), nil, nil)
}

func (c userClient) Disable(ctx context.Context, realm, user string) error {
	return c.do(ctx, http.MethodPost, userPath(user)+"/disable", in(realm), nil, nil)
}

func (c userClient) Enable(ctx context.Context, realm, user string) error {
	return c.do(ctx, http.MethodPost, userPath(user)+"/enable", in(realm), nil, nil)
}

func (c userClient) RemoveFactors(ctx context.Context, realm, user string) error {
	return c.do(ctx, http.MethodDelete, userPath(user)+"/factors", in(realm), nil, nil)
}

func (c userClient) Import(ctx context.Context, realm string, lines io.Reader) (report ImportReport, err error) {
	err = c.do(ctx, http.MethodPost, "import", in(realm), lines, &report)
	return report, err
}

type storeClient struct{ *adminClient }

var _ StoreAdmin = storeClient{}

// Migrations is part of StoreAdmin.
func (c storeClient) Migrations(ctx context.Context) (all []MigrationInfo, err error) {
	return all, c.do(ctx, http.MethodGet, "migrations", nil, nil, &all)
}
