package engine

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/latchwork/latchwork/flows"
)

// exprError is the place and text of an error of expr, for a diagnostic.
func exprError(part flows.Part, err error) (flows.Pos, string) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return part.Pos, text
	}
	return part.At(fe.From), plainMessage(fe.Message)
}

var (
	unexpectedToken = regexp.MustCompile(`^unexpected token [A-Za-z]+\("(.*)"\)$`)
	mismatchedTypes = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)$`)
	plainTypes      = map[string]string{"int": "a whole number", "float64": "a number", "string": "text", "bool": "true or false", "[]interface {}": "a list"}
)

// plainMessage says what expr says in the words of the language.
func plainMessage(message string) string {
	if m := unexpectedToken.FindStringSubmatch(message); m != nil {
		return strconv.Quote(m[1]) + " is not expected here"
	}
	if strings.HasPrefix(message, "unexpected token EOF") {
		return "the expression ends too early"
	}
	if m := mismatchedTypes.FindStringSubmatch(message); m != nil {
		for i := range m[2:] {
			if plain := plainTypes[m[i+2]]; plain != "" {
				m[i+2] = plain
			}
		}
		return m[1] + " does not take " + m[2] + " and " + m[3]
	}
	return message
}

// exprHint is how to mend what expr has found, or "".
func exprHint(source, message string) string {
	switch {
	case strings.Contains(source, "map(") && strings.HasPrefix(message, `":"`):
		return "inside map(…) an object literal needs parentheses: ({…})"
	case strings.HasPrefix(message, `"="`):
		return "a comparison is written =="
	case strings.Contains(message, "does not take") && strings.Contains(message, "text") && strings.Contains(message, "number"):
		return "string(x) makes text of a number"
	}
	return ""
}

// spell puts the paths back in place of their variables in a message of expr.
func spell(message string, vars []*place) string {
	for i := len(vars) - 1; i >= 0; i-- {
		message = strings.ReplaceAll(message, variable(i), vars[i].canon)
	}
	return message
}
