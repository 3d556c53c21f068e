package runtime

import (
	"net/http"
	"strconv"
	"time"

	"github.com/latchwork/latchwork/engine"
)

func (s *Server) addKeys(api *http.ServeMux) {
	keys := s.deps.Admin.Keys
	if keys == nil {
		return
	}
	api.HandleFunc("GET /admin/v1/keys", s.command(func(r *http.Request, realm string) (any, error) {
		return list(keys.List(r.Context(), realm))
	}))
	api.HandleFunc("POST /admin/v1/keys", s.command(func(r *http.Request, realm string) (any, error) {
		var k NewKey
		if err := readCommand(r, &k); err != nil {
			return nil, err
		}
		return keys.Create(r.Context(), realm, k)
	}))
	api.HandleFunc("POST /admin/v1/keys/{name}/rotate", s.command(func(r *http.Request, realm string) (any, error) {
		overlap, err := time.ParseDuration(r.URL.Query().Get("overlap"))
		if err != nil {
			return nil, engine.Fail(http.StatusBadRequest, "validation_error", "The overlap must be a time such as 24h.")
		}
		return keys.Rotate(r.Context(), realm, r.PathValue("name"), overlap)
	}))
	api.HandleFunc("DELETE /admin/v1/keys/{name}", s.command(func(r *http.Request, realm string) (any, error) {
		n, err := keys.Revoke(r.Context(), realm, r.PathValue("name"))
		return count{n}, err
	}))
}

func (s *Server) addSessions(api *http.ServeMux) {
	sessions := s.deps.Admin.Sessions
	if sessions == nil {
		return
	}
	api.HandleFunc("GET /admin/v1/users/{user}/sessions", s.command(func(r *http.Request, realm string) (any, error) {
		return list(sessions.List(r.Context(), realm, r.PathValue("user")))
	}))
	revoke := s.command(func(r *http.Request, realm string) (any, error) {
		n, err := sessions.Revoke(r.Context(), realm, r.PathValue("user"), r.PathValue("id"))
		return count{n}, err
	})
	api.HandleFunc("DELETE /admin/v1/users/{user}/sessions", revoke)
	api.HandleFunc("DELETE /admin/v1/users/{user}/sessions/{id}", revoke)
}

func (s *Server) addUsers(api *http.ServeMux) {
	users := s.deps.Admin.Users
	if users == nil {
		return
	}
	api.HandleFunc("GET /admin/v1/users", s.command(func(r *http.Request, realm string) (any, error) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > maxUsers {
			return nil, engine.Fail(http.StatusBadRequest, "validation_error", "The limit must be from 1 to 1000.")
		}
		return list(users.List(r.Context(), realm, r.URL.Query().Get("after"), limit))
	}))
	api.HandleFunc("POST /admin/v1/users", s.command(func(r *http.Request, realm string) (any, error) {
		var u NewUser
		if err := readCommand(r, &u); err != nil {
			return nil, err
		}
		return users.Add(r.Context(), realm, u)
	}))
	api.HandleFunc("GET /admin/v1/users/{user}", s.command(func(r *http.Request, realm string) (any, error) {
		return users.Show(r.Context(), realm, r.PathValue("user"))
	}))
	api.HandleFunc("DELETE /admin/v1/users/{user}", s.command(func(r *http.Request, realm string) (any, error) {
		return nil, users.Delete(r.Context(), realm, r.PathValue("user"))
	}))
	api.HandleFunc("POST /admin/v1/users/{user}/password", s.command(func(r *http.Request, realm string) (any, error) {
		var p newPassword
		if err := readCommand(r, &p); err != nil {
			return nil, err
		}
		return nil, users.SetPassword(r.Context(), realm, r.PathValue("user"), p.Password)
	}))
	api.HandleFunc("POST /admin/v1/users/{user}/disable", s.command(func(r *http.Request, realm string) (any, error) {
		return nil, users.Disable(r.Context(), realm, r.PathValue("user"))
	}))
	api.HandleFunc("POST /admin/v1/users/{user}/enable", s.command(func(r *http.Request, realm string) (any, error) {
		return nil, users.Enable(r.Context(), realm, r.PathValue("user"))
	}))
	api.HandleFunc("DELETE /admin/v1/users/{user}/factors", s.command(func(r *http.Request, realm string) (any, error) {
		return nil, users.RemoveFactors(r.Context(), realm, r.PathValue("user"))
	}))
	api.HandleFunc("POST /admin/v1/import", func(w http.ResponseWriter, r *http.Request) {
		// An import takes as long as it has lines.
		deadlines := http.NewResponseController(w)
		_ = deadlines.SetReadDeadline(time.Time{})
		_ = deadlines.SetWriteDeadline(time.Time{})
		s.runCommand(w, r, func(r *http.Request, realm string) (any, error) {
			return users.Import(r.Context(), realm, r.Body)
		})
	})
}

// newPassword is the body of a command that sets a password.
type newPassword struct {
	Password string `json:"password"`
}

// maxUsers is how many users one answer lists.
const maxUsers = 1000

// count is the answer of a command that says how many it concerned.
type count struct {
	Count int `json:"count"`
}

// list keeps an empty list from becoming null.
func (s *Server) addStore(api *http.ServeMux) {
	if store := s.deps.Admin.Store; store != nil {
		api.HandleFunc("GET /admin/v1/migrations", s.command(func(r *http.Request, _ string) (any, error) {
			return list(store.Migrations(r.Context()))
		}))
	}
}

func list[T any](items []T, err error) (any, error) {
	if items == nil {
		items = []T{}
	}
	return items, err
}
