package flows

import (
	"regexp"
	"strconv"
)

// jsonNumber is a number as in JSON (RFC 8259 §6). Its first group is the
// fraction and exponent.
var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)$`)

// number sets v to the number that is written, and reports whether it is one
// that every reader takes for the same.
func (r *reader) number(v *Value, written string) bool {
	match := jsonNumber.FindStringSubmatch(written)
	if match == nil {
		return false
	}
	var err error
	if match[1] == "" {
		v.Kind = Int
		v.Int, err = strconv.ParseInt(written, 10, 64)
	} else {
		v.Kind = Float
		v.Float, err = strconv.ParseFloat(written, 64)
	}
	return err == nil
}
