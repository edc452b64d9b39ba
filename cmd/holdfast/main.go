// Command holdfast watches alerts, classifies outages against a business impact analysis, and invokes continuity playbooks.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones, also where the machine has none

	"holdfast/journal/embedded"
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs one command line and gives its exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 2 && args[0] == probeWord {
		return report(os.Stderr, embedded.Probe(ctx, args[1]))
	}
	root := newRoot()
	root.SetArgs(args)
	return report(os.Stderr, root.ExecuteContext(ctx))
}
