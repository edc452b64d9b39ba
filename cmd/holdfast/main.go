// Command holdfast watches alerts, classifies outages against a business impact analysis, and invokes continuity playbooks.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones, also where the machine has none
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs one command line and gives its exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	return report(os.Stderr, root.ExecuteContext(ctx))
}
