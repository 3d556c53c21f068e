// Command latchwork serves flows. See package cmd.
package main

import "github.com/latchwork/latchwork/cmd"

func main() { cmd.Main() }
