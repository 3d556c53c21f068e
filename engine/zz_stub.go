package engine

import (
	"fmt"

	"github.com/expr-lang/expr"
)

func exprFunctions() []expr.Option { return []expr.Option{expr.Function("text$", func(p ...any) (any, error) { s, e := textOf(p[0]); return s, e }, new(func(any) string))} }
func isFunction(n string) bool     { return n == "text$" }
func functionNames() []string      { return nil }
func takesNull(string) bool        { return false }
func givesNull(string) bool        { return false }
func textOf(v any) (string, error) { return fmt.Sprint(v), nil }
