// Package flows is the language in which flows are written: the syntax tree
// with its positions, the parser, diagnostics, and edits that leave every byte
// alone that they do not change.
//
// It knows what is written, not what it means. Node types, types of
// expressions and all rules about them live in package engine.
package flows
