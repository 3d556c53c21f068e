package answer

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"
)

// Pages are the templates of an application's pages: the files *.html of a file
// system, by their path without the ending. Files that begin with "_" are parts,
// which the pages of the same folder share; *.mail.html are mails and no pages. The
// zero Pages has no templates.
//
// Pages are safe for concurrent use.
type Pages struct {
	files  fs.FS
	parsed atomic.Pointer[map[string]*template.Template]
}

// NewPages parses all templates of a file system.
func NewPages(files fs.FS) (*Pages, error) {
	p := &Pages{files: files}
	return p, p.Reload()
}

const (
	pageEnding = ".html"
	mailEnding = ".mail.html"
)

func isPage(file string) bool {
	return strings.HasSuffix(file, pageEnding) && !strings.HasSuffix(file, mailEnding)
}

// Reload parses all templates again. With an error, which names all broken ones,
// the templates stay what they were.
func (p *Pages) Reload() error {
	if p.files == nil {
		return nil
	}
	parsed := map[string]*template.Template{}
	var broken []error
	err := fs.WalkDir(p.files, ".", func(file string, entry fs.DirEntry, err error) error {
		switch name := path.Base(file); {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && strings.HasPrefix(name, "."):
			return fs.SkipDir
		case entry.IsDir() || !isPage(name) || strings.HasPrefix(name, "_"):
			return nil
		}
		page, err := p.parse(file)
		if err != nil {
			broken = append(broken, fmt.Errorf("answer: page %s: %w", file, err))
		}
		parsed[strings.TrimSuffix(file, pageEnding)] = page
		return nil
	})
	if err := errors.Join(append(broken, err)...); err != nil {
		return err
	}
	p.parsed.Store(&parsed)
	return nil
}

// parse reads a page with the parts of its folder.
func (p *Pages) parse(file string) (*template.Template, error) {
	parts, err := fs.Glob(p.files, path.Join(path.Dir(file), "_*"+pageEnding))
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return !isPage(part) })
	// A name that is not there is a slip in the template or in the flow: better no
	// page than one with a hole.
	return template.New(path.Base(file)).Option("missingkey=error").ParseFS(p.files, append(parts, file)...)
}

// page is the template of a page.
func (p *Pages) page(name string) (*template.Template, error) {
	if parsed := p.parsed.Load(); parsed != nil {
		if page := (*parsed)[strings.TrimSuffix(name, pageEnding)]; page != nil {
			return page, nil
		}
	}
	return nil, fmt.Errorf("answer: there is no page %s", name)
}
