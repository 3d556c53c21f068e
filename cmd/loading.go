package cmd

import "runtime/debug"

// loadPercent is the garbage collector's target while flows are loaded, as GOGC
// has it. Most of what loading makes is garbage at once, and what stays would lie
// scattered between: at 100 it would hold on to more than twice the memory that it needs.
const loadPercent = 20

// loading calls load, which makes much garbage, and then gives the memory that
// it took, and that serving does not need, back to the system.
func loading(load func()) {
	before := debug.SetGCPercent(loadPercent)
	load()
	debug.SetGCPercent(before)
	debug.FreeOSMemory()
}
