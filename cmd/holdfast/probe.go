package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/journal/embedded"
)

// probeCommand is the child that opens a store before the daemon does; nobody else has a use for it.
func probeCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "probe-store DIR",
		Short:  "Open and close a store, and say whether that works",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(c *cobra.Command, args []string) error { return embedded.Probe(c.Context(), args[0]) },
	}
}

// lookAhead has a child of this program open the store first, which may be killed for it. Only a store that is damaged is an
// error: where no child can be run the store is opened all the same.
func lookAhead(ctx context.Context, store string, log zerolog.Logger) error {
	self, err := os.Executable()
	if err != nil {
		log.Warn().Err(err).Msg("the store is opened without a look at it before")
		return nil
	}
	start := time.Now()
	err = embedded.Examine(ctx, store, func(ctx context.Context) *exec.Cmd {
		child := exec.CommandContext(ctx, self, "probe-store", store)
		child.Args[0] = "holdfast"
		return child
	})
	log.Debug().Dur("took", time.Since(start)).Err(err).Msg("the store was looked at")
	return err
}
