package cmd

import (
	"runtime"
	"runtime/debug"
)

// loadPercent is the garbage collector's target while flows are loaded, as GOGC
// has it. Most of what loading makes is garbage at once, and what stays would lie
// scattered between: at 100 it would hold on to twice the memory that it needs. Lower
// ones make large sets of flows slower to load.
const loadPercent = 25

// loading calls load, which makes much garbage; what is there already is collected
// before. What it took is given back to the system by debug.FreeOSMemory, for which no
// request has to wait.
func loading(load func()) {
	runtime.GC()
	before := debug.SetGCPercent(loadPercent)
	load()
	debug.SetGCPercent(before)
}
