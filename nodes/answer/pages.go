package answer

import (
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync/atomic"

	templates "github.com/latchwork/latchwork/nodes/internal/template"
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
	err := templates.Each(p.files, func(file string) error {
		if !isPage(file) {
			return nil
		}
		page, err := templates.HTML(p.files, file, isPage)
		if err != nil {
			return fmt.Errorf("answer: page %s: %w", file, err)
		}
		parsed[strings.TrimSuffix(file, pageEnding)] = page
		return nil
	})
	if err != nil {
		return err
	}
	p.parsed.Store(&parsed)
	return nil
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
