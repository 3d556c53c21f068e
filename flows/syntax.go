package flows

import (
	"regexp"
	"strings"
)

// missingBlank is a line such as "use:user.get".
var missingBlank = regexp.MustCompile(`^\s*(?:- )?([A-Za-z_][A-Za-z0-9_-]*):[^\s/:][^\s]*$`)

// syntaxError makes the best of an error of yaml.v3, which names the line of
// what surrounds the problem, if any, and no column.
func (r *reader) syntaxError(err error) Diagnostic {
	problem := problemOf(err)
	line := r.errorLine(problem)
	text := r.src.line(line)
	first := len(text) - len(strings.TrimLeft(text, " \t"))
	d := Diagnostic{Pos: r.src.pos(r.src.lines[line-1] + first), Code: "yaml-syntax"}
	switch {
	case r.missingBlank(line, &d), r.missingBlank(r.lineBefore(line), &d):
	case strings.Contains(problem, "expected ':'"):
		d.Message, d.Hint = "a key has no colon behind it", "write key: value"
	case strings.Contains(problem, "expected key"), strings.Contains(problem, "'-' indicator"),
		strings.Contains(problem, "are not allowed in this context"):
		d.Message, d.Hint = "this line does not fit those above it", "give all entries of a list or map the same indentation"
	default:
		d.Message = "this is no YAML: " + problem
	}
	return d
}

// missingBlank reports whether a line is such as "use:user.get", and if so makes
// that the problem.
func (r *reader) missingBlank(line int, d *Diagnostic) bool {
	if line == 0 {
		return false
	}
	at := missingBlank.FindStringSubmatchIndex(r.src.line(line))
	if at == nil {
		return false
	}
	text := r.src.line(line)
	d.Pos = r.src.pos(r.src.lines[line-1] + at[3])
	d.Message, d.Hint = "a blank is missing behind the colon", "write "+text[at[2]:at[3]]+": "+text[at[3]+1:]
	return true
}

// lineBefore is the line with content before a line, or 0.
func (r *reader) lineBefore(line int) int {
	for line--; line > 0 && isEmptyLine(r.src.line(line)); {
		line--
	}
	return line
}

// errorLine is the line at which yaml.v3 gave up: the last one of the shortest
// beginning of the text, in whole lines, that has the same problem.
func (r *reader) errorLine(problem string) int {
	line := r.src.pos(consumed(r.src.text)).Line
	// yaml.v3 reads at most a few tokens beyond the one that it refuses.
	for range 4 {
		before := r.lineBefore(line)
		if before == 0 {
			break
		}
		_, _, err := parseYAML(r.src.text[:r.src.lines[before]])
		if err == nil || problemOf(err) != problem {
			break
		}
		line = before
	}
	return line
}

// isEmptyLine reports whether a line has nothing but blanks and a comment.
func isEmptyLine(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}
