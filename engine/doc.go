// Package engine gives flows their meaning: the contract of node types, the
// registry, the compiler that proves a flow safe and lowers it to an immutable
// Program, and the runs of programs.
//
// It knows neither HTTP servers nor databases. A host hands it a Request and
// takes an Answer; node types reach stores through the values that their
// constructors closed over.
package engine
