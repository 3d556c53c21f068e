package engine

// Shape is the shape of error answers, by name in app.yaml. The zero Shape is
// {"errors": [ … ]}.
type Shape struct {
	messages map[string]string // code → message in place of the built-in one
	status   map[string]int    // code → status in place of the built-in one
	body     *expression       // over errors; nil for the default
}
