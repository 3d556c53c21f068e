package engine

import (
	"fmt"
	"time"
)

// Failure is an error made for the client: its status, code, message and
// details may leave the server. The text of any other error never does.
type Failure struct {
	Status     int           // 400 to 599
	Code       string        // stable, such as "user_disabled"
	Message    string        // for a person
	Details    any           // JSON data, or nil
	RetryAfter time.Duration // when to try again; 0 says nothing
}

// Fail is an error made for the client.
func Fail(status int, code, message string) *Failure {
	return &Failure{Status: status, Code: code, Message: message}
}

// Error is for the operator's log.
func (f *Failure) Error() string {
	return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Message)
}
