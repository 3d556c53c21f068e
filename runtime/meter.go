package runtime

import "time"

// Meter counts what a server does. It must be safe for concurrent use.
type Meter interface {
	// Route makes the recorder of a route. Method and path are those of the
	// endpoint, "" for requests that no route takes; asking twice for the same
	// gives recorders that count together.
	Route(method, path string) Recorder
	// Reloaded counts a load of the flows, and whether it was served.
	Reloaded(ok bool)
}

// Recorder counts the answers of one route.
type Recorder interface {
	Answered(status int, took time.Duration)
}

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Route(string, string) Recorder   { return noMeter{} }
func (noMeter) Reloaded(bool)                   {}
func (noMeter) Answered(_ int, _ time.Duration) {}
