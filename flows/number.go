package flows

import (
	"regexp"
	"strconv"
)

// jsonNumber is a number as in JSON (RFC 8259 §6). Its first group is the
// fraction and exponent.
var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)$`)

// number makes v the number that is written. One that is not written as in JSON
// is refused, since readers of YAML differ on it.
func (r *reader) number(v *Value, written string) {
	v.Kind, v.Text = String, written
	match := jsonNumber.FindStringSubmatch(written)
	if match == nil {
		r.refuse(v, "ambiguous-number", written+" is a number in some dialects of YAML and text in others", "write plain digits for a number, quotes for text: "+quote(written))
		return
	}
	var err error
	kind := Int
	if match[1] == "" {
		v.Int, err = strconv.ParseInt(written, 10, 64)
	} else {
		kind = Float
		v.Float, err = strconv.ParseFloat(written, 64)
	}
	if err != nil {
		v.Int, v.Float = 0, 0
		r.refuse(v, "ambiguous-number", written+" is too large for a number", "quote it if it is text: "+quote(written))
		return
	}
	v.Kind, v.Text = kind, ""
}
