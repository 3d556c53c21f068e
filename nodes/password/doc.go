// Package password owns passwords: how they are judged, hashed and checked, and how
// wrong ones are counted.
//
// # What a password is
//
// A password is up to [MaxBytes] bytes and is used as it was received: nothing
// is trimmed, no letter changes its case, a NUL byte counts. Its Unicode is
// brought into Normalization Form C once, before it is hashed, checked or
// counted, so that é is the same letter whether a keyboard composed it or not
// (RFC 8265 §4.2.2). The compatibility form NFKC, which NIST SP 800-63B-4
// §3.1.1.2 names beside others, is not used: it would turn ½, ™ and … into other
// characters, and imported hashes were made without it.
//
// # Time that tells nothing
//
// How long a check takes must not tell whether an account exists, has a
// password, or came from another system with a hash of another cost. So every
// check does the same list of derivations: one with the configured parameters,
// and one for each foreign cost that is in use. A stored hash takes the place
// of its own cost in that list; the others are decoys, as is the whole list for
// an account that has no password ([Hasher.Decoy]). The list is the price of
// imported hashes. It starts with the costs given to [Argon2id.Cover], grows when
// a hash of a new cost is first checked, and is as short as can be once each
// foreign hash has been replaced at its user's sign-in ([Hasher.Stale]) and the
// process has started anew.
//
// # Bounded work
//
// Hashing is the one thing here that is slow by intent. A [Pool] runs it on as
// many workers as there are processors, at low priority where the system can,
// behind a short queue. Each derivation has memory of its own, so the memory
// in use is bounded by the number of workers: workers × the memory parameter
// of the largest hash in use.
package password
