package letter

import (
	"errors"
	html "html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	text "text/template"
	"unicode"

	templates "github.com/latchwork/latchwork/nodes/internal/template"
)

// letterTemplate is what a letter is made from.
type letterTemplate struct {
	subject *text.Template // nil where there is none
	text    *text.Template
	html    *html.Template // nil where there is none
}

func (t *Templates) parseMessage(file string) (*letterTemplate, error) {
	source, err := t.read(file)
	if err != nil {
		return nil, err
	}
	parsed, err := parseText(file, source)
	return &letterTemplate{text: parsed}, err
}

func (t *Templates) parseMail(file string) (*letterTemplate, error) {
	source, err := t.read(file)
	if err != nil {
		return nil, err
	}
	subject, body, err := splitMail(source)
	if err != nil {
		return nil, err
	}
	var l letterTemplate
	var errs [3]error
	l.subject, errs[0] = parseText(file, subject)
	// The two lines before it count where a mistake is told of.
	l.text, errs[1] = parseText(file, "{{/*\n\n*/}}"+body)
	l.html, errs[2] = t.parseHTML(strings.TrimSuffix(file, mailEnding) + htmlEnding)
	return &l, errors.Join(errs[:]...)
}

func parseText(file, source string) (*text.Template, error) {
	return text.New(path.Base(file)).Option(templates.Missing).Parse(source)
}

// parseHTML reads a template with the parts of its folder; nil if there is none.
func (t *Templates) parseHTML(file string) (*html.Template, error) {
	if _, err := fs.Stat(t.files, file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return templates.HTML(t.files, file, func(name string) bool { return strings.HasSuffix(name, htmlEnding) })
}

// read is a file, with the line ends that templates are written with.
func (t *Templates) read(file string) (string, error) {
	source, err := fs.ReadFile(t.files, file)
	return strings.ReplaceAll(strings.TrimPrefix(string(source), "\ufeff"), "\r\n", "\n"), err
}

var errSubject = errors.New(`its first line must be "Subject: …", its second one empty`)

// splitMail takes the subject of a mail off its text.
func splitMail(source string) (subject, body string, err error) {
	first, rest, _ := strings.Cut(source, "\n")
	empty, body, _ := strings.Cut(rest, "\n")
	subject, ok := strings.CutPrefix(first, "Subject:")
	subject = strings.TrimSpace(subject)
	if !ok || subject == "" || strings.TrimSpace(empty) != "" {
		return "", "", errSubject
	}
	return subject, body, nil
}

// write makes a letter.
func (l *letterTemplate) write(m *Message, data map[string]any) error {
	var err error
	if l.subject != nil {
		if m.Subject, err = execute(l.subject, data); err != nil {
			return err
		}
		m.Subject = oneLine(m.Subject)
	}
	if m.Text, err = execute(l.text, data); err != nil {
		return err
	}
	if m.Channel == ByMessage {
		m.Text = strings.TrimSpace(m.Text)
	}
	if l.html != nil {
		m.HTML, err = execute(l.html, data)
	}
	return err
}

func execute(t interface{ Execute(io.Writer, any) error }, data any) (string, error) {
	var made strings.Builder
	err := t.Execute(&made, data)
	return made.String(), err
}

// oneLine is a text without line ends and other signs that a header cannot hold,
// whoever has put them into what it was made from.
func oneLine(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(clean), " ")
}
