package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/internal/garbage"
)

// A child is a part of the bench in a process of its own, so that its memory and CPU can be told from others'. Its order
// comes as JSON on the command line, its answer goes as JSON to standard output.
func child(name string, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch name {
	case "fill":
		return obey(args, func(o filling) (struct{}, error) { return struct{}{}, o.run(ctx) })
	case "drain":
		return obey(args, func(o draining) (drained, error) {
			return profiled(o.Profile, func() (drained, error) { return o.run(ctx) })
		})
	case "hold":
		return obey(args, func(o holding) (struct{}, error) {
			return profiled(o.Profile, func() (struct{}, error) { return struct{}{}, o.run(os.Stdin, os.Stdout) })
		})
	case "ack":
		return obey(args, func(o acking) (acked, error) { return o.run(ctx) })
	case "runs":
		return obey(args, func(o house) (ran, error) { return o.run(ctx) })
	case "timers":
		return obey(args, func(o timing) (timed, error) { return o.run(ctx) })
	case "pending":
		return obey(args, func(o pending) (pended, error) { return o.run() })
	case "past":
		return obey(args, func(o past) (struct{}, error) { return struct{}{}, o.run(ctx) })
	case "rawlogs":
		return obey(args, func(o rawLogs) (drained, error) { return o.run(ctx) })
	case "relay":
		return obey(args, func(o relaying) (struct{}, error) { return struct{}{}, o.run(ctx) })
	case "nats":
		return obey(args, func(o serving) (struct{}, error) { return struct{}{}, o.run(ctx) })
	}
	return fmt.Errorf("there is no child %q", name)
}

// collectAsTheDaemon has garbage collected as the daemon does.
func collectAsTheDaemon(a *bia.Analysis) {
	go garbage.Collect(context.Background(), func(inUse uint64) int { return detector.Garbage(a, inUse) })
}

func obey[O, A any](args []string, do func(O) (A, error)) error {
	var order O
	if err := json.Unmarshal([]byte(args[0]), &order); err != nil {
		return err
	}
	answer, err := do(order)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// profiled writes a CPU profile of what is done to a file, if there is a name for it.
func profiled[A any](file string, do func() (A, error)) (A, error) {
	if file == "" {
		return do()
	}
	var none A
	f, err := os.Create(file)
	if err != nil {
		return none, err
	}
	defer func() { _ = f.Close() }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return none, err
	}
	defer pprof.StopCPUProfile()
	return do()
}

// childCommand is a child with its order, not yet started.
func childCommand(ctx context.Context, name string, order any) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "child", name, string(text))
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// ask runs a child to its end.
func ask[A any](ctx context.Context, name string, order any) (answer A, err error) {
	cmd, err := childCommand(ctx, name, order)
	if err != nil {
		return answer, err
	}
	out, err := cmd.Output()
	if err != nil {
		return answer, fmt.Errorf("child %s: %w", name, err)
	}
	return answer, json.NewDecoder(bytes.NewReader(out)).Decode(&answer)
}

// profileFile names the profile of a child; empty where none is wanted.
func (b *bench) profileFile(name string) string {
	if b.profile == "" {
		return ""
	}
	file, err := filepath.Abs(filepath.Join(b.profile, name+".pprof"))
	if err != nil {
		return ""
	}
	return file
}
