package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Lists and objects are JSON in the tables, where an operator can read them.
// They come back empty, never nil.

func encodeList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(list) // a list of strings can always be encoded
	return string(text)
}

func decodeList(text string) ([]string, error) {
	list := []string{}
	if text == "[]" {
		return list, nil
	}
	// Without a backslash no element holds a quote, so quotes part them.
	if inner, ok := strings.CutPrefix(text, `["`); ok && !strings.Contains(text, `\`) {
		if inner, ok = strings.CutSuffix(inner, `"]`); ok {
			return strings.Split(inner, `","`), nil
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("decode list: %w", err)
	}
	return list, nil
}

func encodeData(data map[string]any) (string, error) {
	if len(data) == 0 {
		return "{}", nil
	}
	text, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode data: %w", err)
	}
	return string(text), nil
}

func decodeData(text string) (map[string]any, error) {
	data := map[string]any{}
	if text == "{}" {
		return data, nil
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		return nil, fmt.Errorf("decode data: %w", err)
	}
	return data, nil
}

// encodeText turns an optional text into a value of a column that may be NULL.
func encodeText(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

func (r row) optional(column int) *string {
	text, ok := r[column].(string)
	if !ok {
		return nil
	}
	return &text
}

func encodeBool(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
