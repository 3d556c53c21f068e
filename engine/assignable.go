package engine

import (
	"reflect"
	"time"
)

// assignable reports whether a value of one type can be given where another is
// wanted. JSON data, whose type is known only at run time, is checked then.
func assignable(from, to reflect.Type) bool { return fitting(from, to, true) }

// fitting is assignable, where data says whether JSON data is taken for what is
// wanted.
func fitting(from, to reflect.Type, data bool) bool {
	from, to = baseType(from), baseType(to)
	switch {
	case from == to, to == anyType, to == bodyType:
		return true
	case isVerified(to), isVerified(from):
		return false
	case from == anyType:
		return data
	case to == secretType:
		return from.Kind() == reflect.String
	case to == reflect.TypeFor[time.Duration](), from == reflect.TypeFor[time.Duration]():
		return false
	}
	switch to.Kind() {
	case reflect.String:
		return from.Kind() == reflect.String || from == instantType || from == secretType
	case reflect.Int:
		return from != instantType && (from.Kind() == reflect.Int || from.Kind() == reflect.Int64)
	case reflect.Float64:
		return from != instantType && (from.Kind() == reflect.Int || from.Kind() == reflect.Int64 || from.Kind() == reflect.Float64)
	case reflect.Bool:
		return from.Kind() == reflect.Bool
	case reflect.Slice:
		return from.Kind() == reflect.Slice && fitting(from.Elem(), to.Elem(), data)
	case reflect.Map:
		return from.Kind() == reflect.Map && fitting(from.Elem(), to.Elem(), data)
	}
	return false
}

// typeText names a type as a message would.
func typeText(t reflect.Type) string {
	t = baseType(t)
	switch {
	case t == anyType, t == bodyType:
		return "any value"
	case t == secretType, t == instantType, t.Kind() == reflect.String:
		return "text"
	case t == reflect.TypeFor[time.Duration]():
		return "a duration"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Map:
		return "a map"
	}
	return t.String()
}

func isScalar(t reflect.Type) bool {
	switch baseType(t).Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64, reflect.Interface:
		return true
	}
	return t == secretType
}
