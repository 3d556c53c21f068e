// Package query writes the queries of URLs out of the data of flows.
package query

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Add adds parameters to the query of a URL that has no fragment, in the order of
// their names: text, numbers, booleans and lists of them. Null adds nothing.
func Add(to string, parameters map[string]any) (string, error) {
	added, err := encode(parameters)
	switch {
	case err != nil || added == "":
		return to, err
	case !strings.Contains(to, "?"):
		return to + "?" + added, nil
	case strings.HasSuffix(to, "?") || strings.HasSuffix(to, "&"):
		return to + added, nil
	}
	return to + "&" + added, nil
}

func encode(parameters map[string]any) (string, error) {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		values, isList := parameters[name].([]any)
		if !isList {
			values = []any{parameters[name]}
		}
		for _, v := range values {
			if v == nil {
				continue
			}
			text, err := textOf(v)
			if err != nil {
				return "", fmt.Errorf("%s in the query: %w", name, err)
			}
			pairs = append(pairs, escape(name)+"="+escape(text))
		}
	}
	return strings.Join(pairs, "&"), nil
}

// escape encodes a space as %20, which is read alike in every part of a URL.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// textOf is a value as a query shows it.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case *string:
		return *v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case engine.Instant:
		return v.String(), nil
	case engine.Secret:
		return v.Reveal(), nil
	}
	return "", fmt.Errorf("a %T is no text", v)
}
