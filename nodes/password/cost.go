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

// covers reports whether work of cost c can hide work of cost other. bcrypt's
// costs are steps of a ladder, on which the rungs below add up to the next one,
// so the highest covers all. Argon2's are not.
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

// spend does the work of checking a hash of cost c.
func (a *Argon2id) spend(c cost, password []byte) {
	if c.rounds > 0 {
		spendBcrypt(c.rounds, password)
		return
	}
	a.derive(password, decoySalt[:], Params{Memory: c.memory, Time: c.time, Threads: c.threads, KeyLen: len(decoySalt)})
}

var decoySalt [16]byte
