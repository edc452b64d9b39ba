package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/exercise"
	"holdfast/incident"
)

func whatifCommand() *cobra.Command {
	var file, at, output string
	q := exercise.Question{}
	c := &cobra.Command{
		Use:   "whatif --down WHAT [--down WHAT...] [DIR | --bia FILE | --config FILE]",
		Short: "Say what would come of the loss of a site, a failure domain or a component, and which playbook fits",
		Long: `Lose failure domains (a site, a provider account, a software agent), components or services as a whole, all at one
instant, and say what would come of it if nothing changed after that: which services are lost, when each level is reached,
when a decision is due, the latest time to invoke, the deadline and the end of the MTPD, what would be declared, and which
playbook fits or why none.

The documents are those of a continuity directory; --bia is a bia.yaml alone, without playbooks. Every component that is
lost is reported down by all who watch it; that a site is lost is inferred from that, unless --signalled says it too.`,
		Example: "  holdfast whatif --down fra1\n  holdfast whatif --down fra1 --signalled --at 2026-11-27T18:00:00+01:00 continuity/",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, dirs []string) (err error) {
			bia, _ := c.Flags().GetString("bia")
			if output != "text" && output != "json" {
				return misused("text or json", "there is no output %q", output)
			}
			if len(q.Down) == 0 {
				return misused("name a site, a failure domain, a component or a service with --down", "nobody said what is lost")
			}
			if q.At, err = flagInstant("--at", at); err != nil {
				return err
			}
			if q.At.IsZero() {
				q.At = time.Now().UTC().Truncate(time.Second)
			}
			if q.Documents, err = askedOf(bia, file, dirs); err != nil {
				return err
			}
			answer, err := exercise.WhatIf(q)
			if err != nil {
				return unknown(err)
			}
			return tellAll(c.OutOrStdout(), output, answer)
		},
	}
	c.Flags().StringArrayVar(&q.Down, "down", nil, "what is lost: a site, a failure domain, a component, or a service as a whole; can be given several times")
	c.Flags().BoolVar(&q.Signalled, "signalled", false, "whoever runs a site that is lost says so too")
	c.Flags().StringVar(&at, "at", "", "instant (RFC 3339) of the loss; now by default")
	c.Flags().String("bia", "", "bia.yaml to ask")
	c.Flags().StringVar(&file, "config", "", "holdfast.yaml whose documents are asked")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// askedOf are the documents that are asked: exactly one place of them.
func askedOf(bia, file string, dirs []string) (*incident.Documents, error) {
	given := len(dirs)
	for _, place := range []string{bia, file} {
		if place != "" {
			given++
		}
	}
	if given > 1 {
		return nil, misused("", "name a directory, a bia.yaml or a configuration, not several")
	}
	if bia != "" {
		return loadAnalysis(bia)
	}
	dir := config.DefaultContinuity
	if len(dirs) == 1 {
		dir = dirs[0]
	} else if file == "" {
		file = defaultConfig()
	}
	if file != "" {
		cfg, err := loadConfig(serving{file: file})
		if err != nil {
			return nil, err
		}
		dir = cfg.Continuity
	}
	return loadAnalysis(dir)
}

// unknown gives what does not exist its exit code.
func unknown(err error) error {
	var n *incident.NotFound
	if errors.As(err, &n) {
		return missing(n.Hint, "there is no %s %q", n.What, n.ID)
	}
	return err
}
