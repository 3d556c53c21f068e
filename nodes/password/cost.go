package password

import (
	"errors"
	"slices"
)

// A cost is all about a hash that its time depends on. Salt and key lengths
// are not part of it, nor is the letter of a bcrypt hash.
type cost struct {
	rounds int // base-2 logarithm of bcrypt's rounds; 0 for argon2id

	memory, time uint32
	threads      uint8
}

func (h hash) cost() cost {
	if h.bcrypt != "" {
		return cost{rounds: h.rounds}
	}
	return h.params.cost()
}

func (p Params) cost() cost {
	return cost{memory: p.Memory, time: p.Time, threads: p.Threads}
}

// covers reports whether work of cost c can hide work of cost other. Every
// bcrypt cost hides the lower ones, which can be made up to it (see steps); an
// Argon2 cost hides itself only.
func (c cost) covers(other cost) bool {
	return c == other || c.rounds > 0 && other.rounds > 0 && other.rounds < c.rounds
}

// maxCovered bounds how many costs besides the configured one each check pays.
const maxCovered = 4

var errTooManyCosts = errors.New("password: hashes of more than 4 foreign costs are in use, and not all can be hidden")

// Cover makes every check take the time of these stored hashes too, so that
// from the first check on the time of an answer does not tell who has one of
// them. One hash of each cost is enough. The error is ErrFormat, ErrCost, or
// says that more than 4 foreign costs are in use; the hashes before it are
// covered.
func (a *Argon2id) Cover(encoded ...string) error {
	for _, text := range encoded {
		h, err := parse(text)
		if err != nil {
			return err
		}
		if err := a.cover(h.cost()); err != nil {
			return err
		}
	}
	return nil
}

func (a *Argon2id) cover(c cost) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	costs := *a.costs.Load()
	if slices.ContainsFunc(costs, func(have cost) bool { return have.covers(c) }) {
		return nil
	}
	costs = slices.DeleteFunc(slices.Clone(costs), c.covers)
	if len(costs) > maxCovered {
		return errTooManyCosts
	}
	costs = append(costs, c)
	a.costs.Store(&costs)
	return nil
}

// A step is one derivation of a check.
type step struct {
	cost
	real bool // with the stored hash, not a decoy
}

// steps lists the derivations that check h, or that stand in for a check where
// h is nil. For all hashes that are covered, and for none, they take the same
// time: h takes the place of the cost that covers it. bcrypt doubles with each
// round, and 2^n + 2^n + 2^(n+1) + … + 2^(m-1) = 2^m, so decoys make a lower
// cost up to a higher one.
func (a *Argon2id) steps(h *hash) []step {
	var steps []step
	if h != nil && a.cover(h.cost()) != nil {
		// There is no room to hide h, whose cost comes on top of the others.
		steps = append(steps, step{h.cost(), true})
		h = nil
	}
	for _, c := range *a.costs.Load() {
		if h == nil || !c.covers(h.cost()) {
			steps = append(steps, step{c, false})
			continue
		}
		steps = append(steps, step{h.cost(), true})
		for rounds := h.rounds; rounds < c.rounds; rounds++ {
			steps = append(steps, step{cost{rounds: rounds}, false})
		}
	}
	return steps
}

// spend does the work of checking a hash of cost c.
func (a *Argon2id) spend(c cost, password []byte) {
	if c.rounds > 0 {
		spendBcrypt(c.rounds, password)
		return
	}
	a.derive(password, decoySalt[:], Params{Memory: c.memory, Time: c.time, Threads: c.threads, KeyLen: len(decoySalt)})
}

var decoySalt [16]byte
