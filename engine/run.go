package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Run is one execution of a program. Runs are pooled: their memory is bound to
// the program's nodes once, and used by one request at a time.
type Run struct {
	program *Program
	request *Request
	answer  *Answer
	context *runContext

	states []stepState
	step   *stepState      // the step under way
	slots  []reflect.Value // addressable: inputs, outputs, fields of set and merge
	clears []func()
	proofs []Proof
	stamps []stamped
	opened []stamped // the session that was opened last, by its user
	err    errorValue
	basics requestValue
	now    string // the time at the start of the run, for expressions
	vm     vm.VM
}

// stepState is the memory of one step in one pooled run.
type stepState struct {
	node     *step
	instance *instance
	loads    []func() error // fill the inputs that are not constant
	when     func() (bool, error)
	value    func() (text string, ok bool, err error) // of a switch
	byEdge   [][]func() error                         // of a merge: by incoming edge
	via      int
}

// errorValue is what expressions see as error.
type errorValue struct {
	Code    string `flow:"code"`
	Message string `flow:"message"`
	Status  int    `flow:"status"`
}

// requestValue is what expressions see as request.
type requestValue struct {
	Method    string `flow:"method"`
	Path      string `flow:"path"`
	Host      string `flow:"host"`
	IP        string `flow:"ip"`
	UserAgent string `flow:"userAgent"`
	ID        string `flow:"id"`
}

// NodeError is an error of a node, for the log.
type NodeError struct {
	Flow, Node, Type string
	Err              error
}

// Error names the flow, the node and its type.
func (e *NodeError) Error() string {
	return fmt.Sprintf("flow %s: node %s (%s): %v", e.Flow, e.Node, e.Type, e.Err)
}

// Unwrap is the node's own error.
func (e *NodeError) Unwrap() error { return e.Err }

// errEndsSession says that a node told of what the checks did not know of.
var errEndsSession = errors.New("engine: the node ended the session of the request, and its type is not engine.EndsSession")

// errNoExit says that a node left by no outcome of its own.
var errNoExit = errors.New("engine: the node returned an exit that is not one of its own outcomes")

// Run executes the program for a request and fills ans, which must be zero or
// reset. It never panics and always leaves an answer: whatever goes wrong is an
// error answer. The run ends with ctx.
func (p *Program) Run(ctx context.Context, req *Request, ans *Answer) {
	r := p.pool.Get().(*Run)
	r.request, r.answer = req, ans
	r.basics = requestValue{req.Method, req.Path, req.Host, req.IP, req.UserAgent, req.ID}
	r.context = &runContext{Context: ctx}
	r.context.run.Store(r)
	if p.usesNow {
		r.now = Now(r.context).String()
	}
	r.execute()
	r.context.run.Store(nil)
	r.release()
	p.pool.Put(r)
}

// release forgets everything that the run knew.
func (r *Run) release() {
	for _, c := range r.clears {
		c()
	}
	clear(r.proofs)
	r.proofs = r.proofs[:0]
	clear(r.stamps)
	r.stamps = r.stamps[:0]
	clear(r.opened)
	r.opened = r.opened[:0]
	r.request, r.answer, r.context, r.step = nil, nil, nil, nil
	r.err, r.basics = errorValue{}, requestValue{}
}

// execute walks the steps until an answer stands. Edges lead forward only, so it
// ends.
func (r *Run) execute() {
	to := &target{}
	for to != nil {
		to = r.walk(to)
	}
}

// walk goes from step to step. A panic of a node is an error like any other, and
// the walk goes on where that leads.
func (r *Run) walk(from *target) (to *target) {
	defer func() {
		if p := recover(); p != nil {
			to = r.fail(r.step, fmt.Errorf("engine: panic: %v\n%s", p, debug.Stack()))
		}
	}()
	for to = from; to != nil; {
		if to.failure != nil {
			f := r.closed(to)
			if to.step == 0 {
				r.answerFault(f)
				return nil
			}
			r.err = errorValue{Code: f.Code, Message: f.Message, Status: f.Status}
		}
		s := &r.states[to.step]
		r.step, s.via = s, to.via
		var err error
		if to, err = r.take(s); err != nil {
			to = r.fail(s, err)
		}
	}
	return nil
}

// take does one step and says where to go; nil is the end of the run.
func (r *Run) take(s *stepState) (*target, error) {
	switch s.node.form {
	case isIf:
		ok, err := s.when()
		if err != nil {
			return nil, err
		}
		if ok {
			return r.leave(s, 0), nil
		}
		return r.leave(s, 1), nil
	case isSwitch:
		return r.choose(s)
	case isSet, isReturn, isEntry:
		for _, load := range s.loads {
			if err := load(); err != nil {
				return nil, err
			}
		}
		return r.leave(s, 0), nil
	case isMerge, isJoin:
		for _, load := range s.byEdge[s.via] {
			if err := load(); err != nil {
				return nil, err
			}
		}
		return r.leave(s, 0), nil
	case isInput:
		faults, err := r.readInputs()
		if err != nil {
			return nil, err
		}
		if len(faults) > 0 {
			r.answerFaults(400, faults)
			return nil, nil
		}
		return r.leave(s, 0), nil
	}
	before := r.answer.Ended
	exit, err := r.call(s)
	if err != nil {
		err = r.named(s, err)
	}
	if r.answer.Ended && !before && !s.node.typ.endsSession {
		return nil, errEndsSession
	}
	if err != nil {
		return nil, err
	}
	if s.node.typ.ends != notEnd {
		r.observe(s, "", nil)
		return nil, nil
	}
	if exit.owner != s.instance {
		return nil, errNoExit
	}
	if s.instance.outside != nil {
		if err := s.instance.take(exit.index); err != nil {
			return nil, err
		}
	}
	if err := r.prove(s, exit); err != nil {
		return nil, err
	}
	return r.leave(s, exit.index), nil
}

// leave notes the outcome and gives the edge.
func (r *Run) leave(s *stepState, outcome int) *target {
	r.observe(s, s.node.outcomes[outcome], nil)
	return &s.node.next[outcome]
}

// call loads the inputs, checks what they need, and runs the node's function.
func (r *Run) call(s *stepState) (exit Exit, err error) {
	if err := r.context.Err(); err != nil {
		return Exit{}, err
	}
	for _, load := range s.loads {
		if err := load(); err != nil {
			return Exit{}, err
		}
	}
	if len(s.node.needs) > 0 {
		if err := r.checkNeeds(s); err != nil {
			return Exit{}, err
		}
	}
	if err := r.checkOwed(s); err != nil {
		return Exit{}, err
	}
	if s.node.reveals {
		r.answer.NoStore = true
	}
	within := context.Context(r.context)
	if s.instance.outside != nil {
		if err := s.instance.give(); err != nil {
			return Exit{}, err
		}
		within = outsideContext{r.context}
	}
	if s.node.timeout == 0 {
		return s.instance.call(within)
	}
	ctx, cancel := context.WithTimeout(within, s.node.timeout)
	defer cancel()
	exit, err = s.instance.call(ctx)
	// A node that answers too late has failed, whatever it answers.
	if late := ctx.Err(); err == nil && late != nil {
		err = late
	}
	return exit, err
}

// choose is a switch: the case that equals the value, or default.
func (r *Run) choose(s *stepState) (*target, error) {
	text, ok, err := s.value()
	if err != nil {
		return nil, err
	}
	if ok {
		if i, ok := s.node.cases[text]; ok {
			return r.leave(s, i), nil
		}
	}
	return r.leave(s, s.node.byDefault), nil
}

// fail finds where an error leads: to the wired edge, or to the end.
func (r *Run) fail(s *stepState, err error) *target {
	err = s.redact(err)
	f := asFailure(err)
	r.observe(s, "error", err)
	// The end of the whole run's time cannot be handled by a flow.
	if s.node.onError.step > 0 && r.context.Err() == nil {
		r.err = errorValue{Code: f.Code, Message: f.Message, Status: f.Status}
		r.emptyAnswer()
		return &s.node.onError
	}
	if f.Status >= 500 {
		r.answerServerError(f, &NodeError{r.program.flow, s.node.id, s.node.typeName(), err})
	} else {
		r.answerFault(f)
	}
	return nil
}

// asFailure is what a client may know of an error.
func asFailure(err error) *Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return Fail(504, "request_timed_out", "The request took too long.")
	}
	return Fail(500, "internal_server_error", "Something went wrong.")
}

// closed is the failure of a closed default, with the outcome's outputs as its
// details.
func (r *Run) closed(to *target) *Failure {
	f := *to.failure
	out := reflect.ValueOf(r.states[to.from].instance.slots[to.outcome]).Elem()
	if out.NumField() == 0 {
		return &f
	}
	f.Details = out.Interface()
	if after := fieldNamed(out.Type(), "retryAfter"); after != nil && after.typ.Kind() == reflect.Int {
		f.RetryAfter = time.Duration(out.FieldByIndex(after.index).Int()) * time.Second
	}
	return &f
}

// readInputs reads the declared inputs, and gives all that is wrong with them.
// A body that cannot be read is an error.
func (r *Run) readInputs() ([]ErrorEntry, error) {
	if r.program.endpoint.HasBody {
		if faults, err := bodyProblem(r.request.Source); err != nil || len(faults) > 0 {
			return faults, err
		}
	}
	var faults []ErrorEntry
	for _, a := range r.program.inputs {
		faults = append(faults, a.input.read(r.request.Source, r.slots[a.slot])...)
	}
	return faults, nil
}

// answerFault ends the run with one error for the client.
func (r *Run) answerFault(f *Failure) {
	r.answerFaults(f.Status, []ErrorEntry{entryOf(f)})
	r.answer.Fault.RetryAfter = f.RetryAfter
}

// answerServerError ends the run with an error whose cause stays in the log;
// the client gets an id that the log carries too.
func (r *Run) answerServerError(f *Failure, cause error) {
	if f.Details == nil {
		withID := *f
		withID.Details = map[string]any{"id": r.request.ID}
		f = &withID
	}
	r.answerFault(f)
	r.answer.Fault.ID = r.request.ID
	r.answer.Fault.Cause = cause
}

func entryOf(f *Failure) ErrorEntry {
	origin := "client_error"
	if f.Status >= 500 {
		origin = "server_error"
	}
	return ErrorEntry{Origin: origin, Code: f.Code, Message: f.Message, Details: f.Details}
}

// emptyAnswer drops what a node that failed may have put into the answer.
func (r *Run) emptyAnswer() {
	ended := r.answer.Ended
	r.answer.Reset()
	r.answer.Ended = ended
}

// answerFaults ends the run with an error answer in the flow's shape.
func (r *Run) answerFaults(status int, entries []ErrorEntry) {
	r.emptyAnswer()
	r.answer.Fault = &Fault{Status: status, Errors: entries}
	r.program.shape.Fill(r.answer)
}

// proofOf is the best proof of a value in this run, with all its factors. What
// bounds one of the proofs bounds it.
func (r *Run) proofOf(subject Subject, value string) (Proof, bool) {
	var best Proof
	var factors []Factor
	var session, actor, challenge, origin string
	var ceiling Instant
	for i := range r.proofs {
		p := &r.proofs[i]
		if p.subject != subject || p.value != value || value == "" {
			continue
		}
		factors = append(factors, p.factors...)
		if p.session != "" {
			session = p.session
		}
		if p.actor != "" {
			actor = p.actor
		}
		if p.challenge != "" {
			challenge = p.challenge
		}
		if p.origin != "" {
			origin = p.origin
		}
		if p.ceiling != 0 && (ceiling == 0 || p.ceiling < ceiling) {
			ceiling = p.ceiling
		}
		if best.value == "" || best.grade != Reset && p.grade > best.grade {
			best = *p
		}
	}
	slices.Sort(factors)
	best.factors, best.session, best.actor, best.ceiling = slices.Compact(factors), session, actor, ceiling
	best.challenge, best.origin = challenge, origin
	return best, best.value != ""
}
