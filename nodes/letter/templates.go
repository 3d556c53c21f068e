package letter

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	templates "github.com/latchwork/latchwork/nodes/internal/template"
)

// Templates are the templates of an application's letters, by their path without the
// ending:
//
//   - *.mail.txt is a mail. Its first line is the subject, "Subject: Welcome", its second
//     one is empty.
//   - *.mail.html beside it is the same as HTML. Files _*.mail.html are parts, which
//     those of the same folder share.
//   - *.message.txt is a short message.
//
// A realm has letters of its own in realms/<realm>/, at the same paths; it takes the
// others from the application.
//
// Templates are safe for concurrent use.
type Templates struct {
	files fs.FS
	set   atomic.Pointer[templateSet]
}

// templateSet is what was read at a time.
type templateSet struct {
	templates map[string]*letterTemplate // by their files
	params    func(realm string) map[string]any
}

const (
	mailEnding    = ".mail.txt"
	htmlEnding    = ".mail.html"
	messageEnding = ".message.txt"
)

// NewTemplates parses all templates of a file system. params are the application's own
// values in a realm; nil has none.
func NewTemplates(files fs.FS, params func(realm string) map[string]any) (*Templates, error) {
	t := &Templates{files: files}
	return t, t.Reload(params)
}

// Reload parses all templates again. With an error, which names all broken ones, the
// templates and the values stay what they were.
func (t *Templates) Reload(params func(realm string) map[string]any) error {
	set := &templateSet{templates: map[string]*letterTemplate{}, params: params}
	err := templates.Each(t.files, func(file string) error {
		var parsed *letterTemplate
		var err error
		switch {
		case strings.HasSuffix(file, mailEnding):
			parsed, err = t.parseMail(file)
		case strings.HasSuffix(file, messageEnding):
			parsed, err = t.parseMessage(file)
		case strings.HasSuffix(file, htmlEnding):
			err = t.checkPair(file)
		}
		if err != nil {
			return fmt.Errorf("letter: template %s: %w", file, err)
		}
		if parsed != nil {
			set.templates[file] = parsed
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.set.Store(set)
	return nil
}

// checkPair refuses a mail that has no text: not everybody sees HTML.
func (t *Templates) checkPair(file string) error {
	text := strings.TrimSuffix(file, htmlEnding) + mailEnding
	_, err := fs.Stat(t.files, text)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s beside it", path.Base(text))
	}
	return err
}

// errNoTemplate says that a letter has no template.
var errNoTemplate = errors.New("there is no such template")

// find is the template of a letter in a realm, and the application's own values there.
func (t *Templates) find(realm string, c Channel, name string) (*letterTemplate, map[string]any, error) {
	file := fileOf(c, name)
	set := t.set.Load()
	found := set.templates["realms/"+realm+"/"+file]         // as it is written: no .. leads to another realm
	if found == nil && !strings.HasPrefix(file, "realms/") { // which are nobody else's
		found = set.templates[file]
	}
	if found == nil {
		return nil, nil, fmt.Errorf("letter: %s: %w", file, errNoTemplate)
	}
	if set.params == nil {
		return found, nil, nil
	}
	return found, set.params(realm), nil
}

// fileOf is the file of a template.
func fileOf(c Channel, name string) string {
	if c == ByMessage {
		return name + messageEnding
	}
	return name + mailEnding
}
