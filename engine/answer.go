package engine

import "context"

// Answers is the option of types that end a run with an answer. Their function
// fills the Answer that AnswerOf gives, and returns the zero Exit. They have no
// outcomes, and the registry admits only standard ones.
func Answers(s *typeSpec) { s.ends = endAnswer }

// Redirects is Answers for types that send the browser elsewhere.
func Redirects(s *typeSpec) { s.ends = endRedirect }

// Fails is Answers for types that always end a run with an error answer.
func Fails(s *typeSpec) { s.ends = endFail }

// AnswerOf is the answer of the run, for node types that answer; nil for all
// others.
func AnswerOf(ctx context.Context) *Answer {
	r := insideOf(ctx)
	if r == nil || r.step == nil || r.step.node.typ.ends == notEnd {
		return nil
	}
	return r.answer
}
