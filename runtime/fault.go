package runtime

import (
	"net/http"

	"github.com/latchwork/latchwork/engine"
)

// The failures that the host itself finds.
var (
	errNoResource = engine.Fail(http.StatusNotFound, "resource_not_found", "There is nothing at this address.")
	errNoMethod   = engine.Fail(http.StatusMethodNotAllowed, "method_not_allowed", "The method is not allowed at this address.")
	errCrossSite  = engine.Fail(http.StatusForbidden, "cross_site_request", "The request came from another site.")
)

// fail makes the answer an error answer. What was put into it before is
// dropped, but for the end of a session, which has happened.
func (x *exchange) fail(shape *engine.Shape, f *engine.Failure) {
	x.fault(shape, "client_error", f)
}

// failServer makes the answer that of an error of the server: the client gets
// an id that the log carries too, the cause stays in the log.
func (x *exchange) failServer(shape *engine.Shape, cause error) {
	f := engine.Fail(http.StatusInternalServerError, "internal_server_error", "Something went wrong.")
	f.Details = map[string]any{"id": x.request.ID}
	x.fault(shape, "server_error", f)
	x.answer.Fault.ID = x.request.ID
	x.answer.Fault.Cause = cause
}

func (x *exchange) fault(shape *engine.Shape, origin string, f *engine.Failure) {
	ended := x.answer.Ended
	x.answer.Reset()
	x.answer.Ended = ended
	x.answer.Fault = &engine.Fault{
		Status: f.Status,
		Errors: []engine.ErrorEntry{{Origin: origin, Code: f.Code, Message: f.Message, Details: f.Details}},
	}
	shape.Fill(&x.answer)
}

// shapeOf is the shape of the error answers of a route, or the default one.
func (t *table) shapeOf(r *route) *engine.Shape {
	if r == nil {
		return t.shape
	}
	return r.program.Shape()
}
