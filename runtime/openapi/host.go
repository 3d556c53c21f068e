package openapi

import (
	"net/http"
	"slices"

	"github.com/latchwork/latchwork/engine"
)

// hostErrors are the errors that the host answers with, whatever the flow does.
func (w *writer) hostErrors(e engine.Endpoint) []engine.ErrorDoc {
	all := []engine.ErrorDoc{
		{Status: http.StatusInternalServerError, Code: "internal_server_error", Message: "Something failed; `details.id` is that of the log."},
		{Status: http.StatusServiceUnavailable, Code: "overloaded", Message: "Too much is waiting.", Waits: true},
		{Status: http.StatusGatewayTimeout, Code: "request_timed_out", Message: "The request took too long."},
	}
	if e.HasBody {
		all = append(all,
			engine.ErrorDoc{Status: http.StatusBadRequest, Code: "invalid_request_body_syntax", Message: "The body of the request could not be read."},
			engine.ErrorDoc{Status: http.StatusRequestEntityTooLarge, Code: "request_body_size_too_large", Message: "The body of the request is too large."},
			engine.ErrorDoc{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "The body of the request is of another type, not in UTF-8, or compressed."})
	}
	if e.Session && w.config.Session.Cookie() != "" && (e.Method != http.MethodGet || e.Effects) {
		all = append(all, engine.ErrorDoc{Status: http.StatusForbidden, Code: "cross_site_request", Message: "The request came from another site."})
	}
	if slices.Contains(e.Require, "apikey") {
		for _, from := range w.config.Keys.From {
			if from.Invalid != "" {
				all = append(all, engine.ErrorDoc{Status: http.StatusUnauthorized, Code: from.Invalid, Message: "The API key is not valid."})
			}
		}
	}
	return all
}
