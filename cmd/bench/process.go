package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// roleVariable holds the role of a process that this program has started from
// itself, as JSON.
const roleVariable = "LATCHWORK_BENCH_ROLE"

// role says what a server's process is to serve.
type role struct {
	Kind       string // latchwork, twin or hash
	Database   string
	Free       bool   // hashing costs nothing
	Grouped    bool   // the twin groups commits; Latchwork always does
	Cache      int    // sessions kept in memory
	CPUProfile string // file to write; "" for none
	Statements string // file for the SQL statements; "" for none
}

// process is a running server.
type process struct {
	address string
	command *exec.Cmd
	stdin   io.Closer // the server ends when it is closed
}

// start starts a server from this program's own executable and waits until it
// listens.
func start(r role) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), roleVariable+"="+string(text))
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stdin.Close()
		return nil, errors.Join(fmt.Errorf("bench: the server %s did not start", r.Kind), c.Wait())
	}
	return &process{address: strings.TrimSpace(address), command: c, stdin: stdin}, nil
}

// stop ends the server and waits for it.
func (p *process) stop() error {
	return errors.Join(p.stdin.Close(), p.command.Wait())
}

// tick is the unit of processor times under /proc, which Linux fixes for
// programs at a hundredth of a second.
const tick = 10 * time.Millisecond

// processor is the processor time that the process has used.
func (p *process) processor() (time.Duration, error) { return processorOf(p.command.Process.Pid) }

func processorOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name stands in brackets and may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	const user, system = 11, 12 // counted from behind the name; proc_pid_stat(5)
	u, err1 := strconv.ParseInt(fields[user], 10, 64)
	s, err2 := strconv.ParseInt(fields[system], 10, 64)
	return time.Duration(u+s) * tick, errors.Join(err1, err2)
}

// memoryOf is a figure of /proc/<pid>/status in bytes: VmRSS now, or VmHWM, the
// most so far.
func memoryOf(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("bench: the system does not tell %s", name)
}
