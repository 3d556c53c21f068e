//go:build !linux

package password

const ownPriority = false

func lowerPriority(int) {}
