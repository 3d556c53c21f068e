package cmd

import "runtime/debug"

// loadPercent is the garbage collector's target while flows are loaded, as GOGC
// has it. Most of what loading makes is garbage at once, and what stays would lie
// scattered between: at 100 it would hold on to twice the memory that it needs.
const loadPercent = 15

// loading calls load, which makes much garbage. What it took is given back to the
// system by debug.FreeOSMemory, for which no request has to wait.
func loading(load func()) {
	before := debug.SetGCPercent(loadPercent)
	load()
	debug.SetGCPercent(before)
}
