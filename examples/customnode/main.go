// Command customnode is Latchwork with one node type more. Everything else that
// the binary can do, it has from cmd.
package main

import (
	"github.com/latchwork/latchwork/cmd"
	"github.com/latchwork/latchwork/examples/customnode/geoip"
)

func main() { cmd.Main(geoip.Lookup(geoip.Table)) }
