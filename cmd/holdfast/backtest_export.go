package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"holdfast/journal"
)

func alertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "alerts",
		Short: "Take recorded alerts out of the alert log",
		Args:  cobra.ArbitraryArgs,
		RunE:  unknownCommand,
	}
	c.AddCommand(exportCommand())
	return c
}

func exportCommand() *cobra.Command {
	var p period
	c := &cobra.Command{
		Use:   "export [FROM]",
		Short: "Write the alert log, or a period of it, as a file that backtest reads",
		Long: `Write what monitoring said, as it came, one JSON object a line: when it was received, under which subject, and the body.
What people said of the world (estimates, facility signals and the like) stands among it, as it is in the log of decisions.

FROM is the store of an embedded NATS that is stopped, or the address of a NATS server (nats://...). Without it, it is the
alert log that --config names. The file holds whatever the alerts hold: treat it like them.`,
		Example: "  holdfast alerts export --config holdfast.yaml --from 2026-11-01T00:00:00Z > november.jsonl",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, from []string) error {
			if err := p.read(); err != nil {
				return err
			}
			return p.export(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), from)
		},
	}
	p.flags(c)
	c.Flags().Lookup("from").Usage = "instant (RFC 3339) at which the period begins; what was said before is left out"
	c.Flags().Lookup("to").Usage = "instant (RFC 3339) at which the period ends"
	return c
}

// export writes every message of the period.
func (p *period) export(ctx context.Context, out, talk io.Writer, from []string) (err error) {
	r := &recording{}
	defer func() { err = errors.Join(err, r.close()) }()
	var t tape
	if len(from) == 1 {
		t, err = r.find(ctx, from[0])
	} else {
		t, err = r.configured(ctx, p.config)
	}
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for m, err := range t {
		var hole *journal.Hole
		switch {
		case errors.As(err, &hole):
			fmt.Fprintf(talk, "holdfast: %v\n", hole)
			continue
		case err != nil:
			return failed("", "%w", err)
		case m.Received.Before(p.from):
			continue
		case !p.to.IsZero() && m.Received.After(p.to):
			return w.Flush()
		}
		line, err := lineOf(m)
		if err != nil {
			return failed("", "message %d: %w", m.Sequence, err)
		}
		if _, err := w.Write(line); err != nil {
			return failed("", "write the recording: %w", err)
		}
	}
	return w.Flush()
}
