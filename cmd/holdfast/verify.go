package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

func verifyCommand() *cobra.Command {
	var file, output, report, checkpoints, key string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Read the log of decisions from its start and check its chain",
		Long: `Read the log of decisions from its start, and check that nothing is missing, nothing was changed and everything can be
understood. An embedded NATS has to be stopped for that; one of your own may run.

Envelopes that are missing while the log goes on behind them are an error (exit code 1) until somebody who may has adopted that
("holdfast adopt-gap"). Then it says "gap 7-9, adopted by WHOM at WHEN: WHY", and ends with 0.

The hash of the newest envelope stands for all of them: whoever kept it can tell later that the log is still the same.

With --report it holds a report that was written earlier ("holdfast report ID -o json") against the log: the envelopes that
it names have to be there with the same hashes, and whatever it says has to follow from them.

With --checkpoints and --key it holds the log against what an outside anchor has kept of it (journal.checkpoints of
holdfast.yaml): that shows if its end was cut off, or if it is another log altogether.`,
		Example: "  holdfast verify --config /etc/holdfast/holdfast.yaml\n  holdfast verify --report booking-api-1123.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return misused("text or json", "there is no output %q", output)
			}
			told, err := readReport(report)
			if err != nil {
				return err
			}
			anchor, err := readAnchor(checkpoints, key)
			if err != nil {
				return err
			}
			v, err := verify(c.Context(), file, told, anchor)
			if err != nil {
				return err
			}
			if output == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(v)
			}
			fmt.Fprint(c.OutOrStdout(), v.text()+told.text()+anchor.text())
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration that says where NATS is")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().StringVar(&checkpoints, "checkpoints", "", "file of an outside anchor, to be held against the log")
	c.Flags().StringVar(&key, "key", "", "public key that the checkpoints are signed with, or a file that has it")
	c.Flags().StringVar(&report, "report", "", "a report as JSON, to be held against the log")
	return c
}

// verified is what a log of decisions that is whole consists of.
type verified struct {
	Envelopes int       `json:"envelopes"`
	Events    int       `json:"events"`
	Incidents int       `json:"incidents"`
	Epoch     uint64    `json:"epoch"`
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	Sequence  uint64    `json:"sequence"` // of the newest envelope
	Hash      string    `json:"hash,omitempty"`
	Gaps      gapsFound `json:"gaps,omitempty"` // envelopes that are missing, which somebody has adopted
}

func (v verified) text() string {
	if v.Envelopes == 0 {
		return "the log of decisions is empty\n"
	}
	whole := "whole"
	if len(v.Gaps) > 0 {
		whole = "whole but for what was adopted"
	}
	return fmt.Sprintf("the log of decisions is %s: %s with %s of %s, %s to %s\nnewest: sequence %d, %s\n%s",
		whole, plural(v.Envelopes, "envelope"), plural(v.Events, "event"), plural(v.Incidents, "incident"),
		v.First.Format(time.RFC3339), v.Last.Format(time.RFC3339), v.Sequence, v.Hash, v.Gaps.text())
}

func verify(ctx context.Context, file string, told *toldReport, anchor *anchored) (v verified, err error) {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return v, err
	}
	if e := cfg.NATS.Embedded; e != nil {
		if _, err := os.Stat(filepath.Join(e.Store, "jetstream")); err != nil {
			return v, missing("nats.embedded.store of holdfast.yaml names it", "there is no store to verify: %w", err)
		}
		e.Listen = config.None
	}
	secrets, err := readSecrets(cfg)
	if err != nil {
		return v, err
	}
	link, err := connect(ctx, cfg, secrets, nil, zerolog.Nop())
	if errors.Is(err, embedded.ErrHeld) {
		return v, failed("stop it first: then nothing is written while it is read; or verify a copy of the store", "a daemon has %s open", cfg.NATS.Embedded.Store)
	}
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, link.close()) }()
	streams, err := link.openNow(ctx, cfg)
	if err != nil {
		return v, failed(link.hint, "%w", err)
	}
	if err := errors.Join(v.read(ctx, streams, told), told.verdict()); err != nil || anchor == nil {
		return v, err
	}
	alerts, err := streams.Head(ctx)
	if err == nil {
		err = journal.Holds(ctx, besideGaps{streams}, alerts, anchor.checkpoints)
	}
	if err != nil {
		return v, failed("keep the store as it is: somebody has changed it, or put an older copy back", "it is not the log that the anchor knows: %w", err)
	}
	return v, nil
}

// read counts what is in a log; a change in it, or a gap that nobody has adopted, is an error.
func (v *verified) read(ctx context.Context, log journal.Log, told *toldReport) error {
	incidents := map[string]bool{}
	for c, err := range log.Read(ctx, 0) {
		if v.Gaps.take(err) {
			told.lose(v.Gaps[len(v.Gaps)-1])
			continue
		}
		if err != nil {
			return failed("keep the store as it is, and restore the newest whole copy", "after envelope %d: %w", v.Sequence, err)
		}
		if v.Envelopes == 0 {
			v.First = c.At
		}
		v.Envelopes++
		v.Last, v.Sequence, v.Hash, v.Epoch = c.At, c.Sequence, c.Hash, c.Epoch
		for _, e := range c.Entries {
			event, err := incident.Decode(incident.Kind(e.Kind), e.Data)
			if err != nil {
				return failed("a newer holdfast may have written it", "envelope %d: %w", c.Sequence, err)
			}
			v.Gaps.hear(c.At, event)
			told.hear(incident.Record{Sequence: c.Sequence, Hash: c.Hash, At: c.At, Incident: e.Incident, Event: event})
			v.Events++
			if e.Incident != "" {
				incidents[e.Incident] = true
			}
		}
	}
	v.Incidents = len(incidents)
	return v.Gaps.verdict()
}
