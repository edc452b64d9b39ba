package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/rs/zerolog"

	"holdfast/journal/embedded"
)

// probeWord is the command line of the child that opens a store before the daemon does. It is no command: nobody else has a
// use for it.
const probeWord = "probe-store"

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
		child := exec.CommandContext(ctx, self, probeWord, store)
		child.Args[0] = "holdfast"
		return child
	})
	log.Debug().Dur("took", time.Since(start)).Err(err).Msg("the store was looked at")
	return err
}
