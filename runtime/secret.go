package runtime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
