package engine

// Limits of the language, check 10. Most are static; the work of an expression
// is counted while it runs, out of a fixed budget (workBudget).
const (
	maxExprLength = 4096    // bytes of the source of one expression
	maxExprNodes  = 500     // nodes of its syntax tree, views put in place
	maxClosures   = 2       // closures inside of closures
	maxVisits     = 100_000 // of nodes by the check of types
	maxNodes      = 200     // vertices of a program, sub-flows inlined
	maxOutcomes   = 64      // of a node, since a word has that many bits
	maxDepth      = 8       // sub-flows inside of sub-flows
	maxAnswer     = 8 << 20 // bytes of a body that a flow renders
	memoryBudget  = 100_000 // elements that one expression may make
)
