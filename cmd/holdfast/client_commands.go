package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// clientCommands are the commands that speak to a daemon.
func clientCommands() []*cobra.Command {
	commands := []*cobra.Command{statusCommand(), incidentCommand(), explainCommand(), reportCommand(), onCallCommand(), refusalsCommand(), actionCommand(), playbookCommand()}
	for _, o := range slices.Concat(orders, reports) {
		commands = append(commands, o.command())
	}
	return commands
}

// patience is how long a command that only asks once waits for an answer.
const patience = 30 * time.Second

// asking makes a command that asks a daemon once and prints what it says.
func asking(c *cobra.Command, ask func(ctx context.Context, c *cobra.Command, daemon *client, out *printer, args []string) error) *cobra.Command {
	connectionFlags(c)
	outputFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		out, err := newPrinter(c)
		if err != nil {
			return err
		}
		daemon, err := newClient(c)
		if err != nil {
			return err
		}
		ctx, cancel := patiently(c)
		defer cancel()
		if err := ask(ctx, c, daemon, out, args); err != nil {
			return err
		}
		return out.flush()
	}
	return c
}

// contextOf is a command's context, also where it was started without one.
func contextOf(c *cobra.Command) context.Context {
	if ctx := c.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// patiently is for as long as a command waits for the daemon: its --timeout, or the patience of all that say nothing else.
func patiently(c *cobra.Command) (context.Context, context.CancelFunc) {
	limit, _ := c.Flags().GetDuration("timeout")
	if limit <= 0 {
		limit = patience
	}
	return context.WithTimeout(contextOf(c), limit)
}
