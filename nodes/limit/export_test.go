package limit

// Keys is how many keys m holds.
func Keys(m *Memory) int {
	n := 0
	for i := range m.shards {
		n += len(m.shards[i].full)
	}
	return n
}

// Join is join.
var Join = join
