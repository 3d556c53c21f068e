package engine

import "slices"

// Grade says how strong a proof is. A need takes its grade or better.
type Grade uint8

// The grades of proofs, weakest first. Reset is apart from the order: it
// satisfies nothing but a need that names it.
const (
	NoGrade Grade = iota
	mixed         // pending on some ways, and more on others; for the loader
	Pending       // a first factor of an account that asks for another
	Live          // the caller holds a live session of the user ("session")
	Carried       // a token was redeemed that carries an earlier proof
	Fresh         // a credential was checked in this run
	Reset         // a token of a reset purpose: nothing but a new password
)

var gradeNames = [...]string{"", "pending or better", "pending", "session", "carried", "fresh", "reset"}

// String is the grade as tags and messages write it.
func (g Grade) String() string { return gradeNames[g] }

// gradeOf is the grade that a tag names, or NoGrade.
func gradeOf(name string) Grade {
	return Grade(max(0, slices.Index(gradeNames[:], name)))
}

// Meets reports whether a proof of grade g satisfies a need for want.
func (g Grade) Meets(want Grade) bool {
	if g == Reset || want == Reset {
		return g == want
	}
	if g == mixed {
		return want == Pending
	}
	return g >= want && want != NoGrade
}

// meetsOne reports whether a proof of grade g satisfies a need that names several
// grades: the first one or better, or exactly one of the others.
func (g Grade) meetsOne(grades []Grade) bool {
	return g != NoGrade && (g.Meets(grades[0]) || slices.Contains(grades[1:], g))
}

// Subject says what a proof is about.
type Subject string

// The subjects of proofs. Users are proved by their id.
const (
	SubjectUser     Subject = "user"
	SubjectAddress  Subject = "address"
	SubjectIdentity Subject = "identity"
)

// Factor names a kind of credential, such as "password" or "totp".
type Factor string

// Delegated is the factor of a proof that an operator's key or a member of
// staff stands in for, where a flow lifts the rule by allow: unproved.
const Delegated Factor = "delegated"

// Proof is evidence, made by a node of a run, that the caller is a given user
// or holds a given address or identity. Only the engine makes proofs; the zero
// Proof proves nothing.
type Proof struct {
	subject Subject
	value   string
	grade   Grade
	factors []Factor
	actor   string
	ceiling Instant
	session string

	challenge string
	origin    string
}

// Subject is what the proof is about; "" for the zero Proof.
func (p Proof) Subject() Subject { return p.subject }

// Value is the user's id, the address or the identity that is proved.
func (p Proof) Value() string { return p.value }

// Grade is how strong the proof is; NoGrade for the zero Proof.
func (p Proof) Grade() Grade { return p.grade }

// Factors are the credentials that were checked, each once, sorted. The caller
// must not change the slice.
func (p Proof) Factors() []Factor { return p.factors }

// Actor is who acts for the user ("user:<id>" or "key:<id>") where the proof
// is delegated, and "" otherwise.
func (p Proof) Actor() string { return p.actor }

// Ceiling is the end that no session opened by this proof may outlive; 0 where
// there is none.
func (p Proof) Ceiling() Instant { return p.ceiling }

// Session is the id of the session by which the user is proved, or "" where the
// proof rests on none.
func (p Proof) Session() string { return p.session }

// Challenge names the challenge that a part of the proof was kept in, or is "" where
// there was none. What opens a session by the proof uses it up.
func (p Proof) Challenge() string { return p.challenge }

// Origin is the id of the user's session in which a part of the proof was kept, as by a
// token, or "". A session that is opened by the proof springs from that one.
func (p Proof) Origin() string { return p.origin }

// IsDelegated reports whether somebody else stands in for the user.
func (p Proof) IsDelegated() bool { return slices.Contains(p.factors, Delegated) }

// IsOfAnother reports whether somebody else stands in for the user, in this run or in the
// one that a part of the proof was kept in.
func (p Proof) IsOfAnother() bool { return p.actor != "" || p.IsDelegated() }

// IsStandIn reports whether the user is proved by a session that somebody else has opened
// for the user, or by what was kept in one. It is not where the node at work acts for the
// user by allow: unproved.
func (p Proof) IsStandIn() bool { return p.actor != "" && !p.IsDelegated() }
