package engine

// StatusOf is the status of an error answer in this shape, and MessageOf its
// message: app.yaml may change both by the code.
func (s *Shape) StatusOf(status int, code string) int {
	if other, ok := s.status[code]; ok {
		return other
	}
	return status
}

// MessageOf is the message of an error answer in this shape.
func (s *Shape) MessageOf(message, code string) string {
	if other, ok := s.messages[code]; ok {
		return other
	}
	return message
}

// Describe is the schema of error answers with one of some codes; without any the
// code may be any.
func (s *Shape) Describe(codes []string) JSONSchema {
	if s.body != nil {
		d := newDescriber()
		d.codes = codes
		return d.value(s.body)
	}
	list := arrayOf(entrySchema(codes))
	list["minItems"] = 1
	return objectSchema(map[string]JSONSchema{"errors": list})
}

// entrySchema is the schema of one entry of an error answer.
func entrySchema(codes []string) JSONSchema {
	code := ofType("string")
	if len(codes) > 0 {
		values := make([]any, len(codes))
		for i, c := range codes {
			values[i] = c
		}
		code = JSONSchema{"enum": values}
	}
	s := objectSchema(map[string]JSONSchema{
		"origin":  {"enum": []any{"client_error", "server_error"}},
		"code":    code,
		"message": ofType("string"),
		"details": {},
	})
	s["required"] = []string{"code", "message", "origin"}
	return s
}
