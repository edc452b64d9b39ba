package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/demo"
)

func demoCommand() *cobra.Command {
	var o demo.Options
	c := &cobra.Command{
		Use:   "demo",
		Short: "Lose a site of an example organisation and recover it, live, in about a minute",
		Long: `Start a daemon with an embedded NATS on the example organisation, a stand-in for the organisation's own systems, and
monitoring that publishes what it sees of them; then lose a site, and watch holdfast classify, declare, invoke the
playbook, wait for engineers (simulated ones, through the same API as everybody) and measure the recovery.

Nothing of it is scripted: with --without-playbook the same outage does not recover, and the demo fails. It ends with
exit code 0 only if the service was back within its objectives and the incident was stood down.`,
		Example: "  holdfast demo\n  holdfast demo --interactive\n  holdfast demo --kill-at promote",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.KillAt != "" && o.WithoutPlaybook {
				return misused("leave one of them away", "without a playbook there is no step at which to kill the daemon")
			}
			program, err := os.Executable()
			if err != nil {
				return failed("", "find the program to start as a daemon: %w", err)
			}
			o.Program, o.Out, o.Colour = program, c.OutOrStdout(), colourful(c.OutOrStdout())
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGHUP) // a terminal that is closed ends the daemon too
			defer stop()
			return ended(demo.Run(ctx, o))
		},
	}
	c.Flags().BoolVar(&o.Interactive, "interactive", false, "leave the human steps to the reader")
	c.Flags().BoolVar(&o.WithoutPlaybook, "without-playbook", false, "take the playbook away: nothing may recover then")
	c.Flags().StringVar(&o.KillAt, "kill-at", "", "kill the daemon while this `STEP` is under way, and start it again")
	c.Flags().StringVar(&o.Dir, "dir", "", "an empty directory to work in; it is kept")
	return c
}

// ended gives the ending of a demo its exit code.
func ended(err error) error {
	switch {
	case errors.Is(err, demo.ErrNothingFits):
		return exitWith(exitMissed, "that is what --without-playbook is for: a recovery needs a plan", "%w", err)
	case errors.Is(err, demo.ErrMissed):
		return exitWith(exitMissed, "on a machine that is very busy the clocks of the example can be too tight", "%w", err)
	case errors.Is(err, demo.ErrTooLong):
		return exitWith(exitTimedOut, "on a machine that is very busy the clocks of the example can be too tight; --dir keeps the daemon's log", "%w", err)
	}
	if errors.Is(err, demo.ErrNoSuchStep) {
		return misused("", "%w", err)
	}
	return err
}
