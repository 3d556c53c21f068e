package runtime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// SecretRef says where a secret comes from.
type SecretRef struct {
	Env  string `yaml:"env"`  // name of an environment variable
	File string `yaml:"file"` // path of a file, from the folder of app.yaml
}

func (s SecretRef) check() error {
	if (s.Env == "") == (s.File == "") {
		return errors.New("comes from one place, env or file")
	}
	return nil
}

// secretSettings are the settings whose values are secrets, by their keys; * is any key.
var secretSettings = []string{"server.adminSecret", "store.key", "mail.smtp.password", "clients.*.secret", "providers.*.clientSecret"}

// checkLiterals reports secrets that stand in the file itself, which is kept where flows
// are, and read by whoever reads these.
func (r *configReader) checkLiterals() {
	for _, setting := range secretSettings {
		keys := strings.Split(setting, ".")
		r.literals(r.root, keys)
		r.literals(r.root, append([]string{"realms", "*"}, keys...))
	}
}

// literals reports the values below v by keys that are no secrets of the section secrets.
func (r *configReader) literals(v *flows.Value, keys []string) {
	switch {
	case v == nil:
	case len(keys) == 0:
		if v.Kind == flows.String && v.Text != "" && v.Parts == nil || v.IsExpr() && strings.HasPrefix(v.Parts[0].Expr, "params.") {
			r.report(v.Pos, "literal-secret", "say where it comes from, as in secrets: {mine: {env: MY_SECRET}}, and write ${{ secrets.mine }} here", "a secret must not stand in app.yaml")
		}
	case keys[0] == "*":
		for _, f := range v.Fields {
			r.literals(f.Value, keys[1:])
		}
	default:
		r.literals(v.Get(keys[0]), keys[1:])
	}
}

// SecretFinder gives the value of a secret. Its errors name the place and never
// the value.
type SecretFinder func(SecretRef) (string, error)

// unresolved stands for secrets whose values nobody has looked up.
const unresolved = "[secret]"

// maxSecret is how long a secret may be, in bytes.
const maxSecret = 64 << 10

// FindSecrets looks secrets up in the environment and in files of a folder. One
// line break at the end of a file does not belong to the secret.
func FindSecrets(dir string) SecretFinder {
	return func(ref SecretRef) (string, error) {
		if ref.Env != "" {
			value := os.Getenv(ref.Env)
			if value == "" {
				return "", fmt.Errorf("the environment variable %s is not set or empty", ref.Env)
			}
			return value, nil
		}
		path := ref.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		value := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
		if value == "" || len(value) > maxSecret {
			return "", fmt.Errorf("the file %s is empty or longer than 64 KiB", path)
		}
		return value, nil
	}
}
