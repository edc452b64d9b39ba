package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/exercise"
	"holdfast/incident"
)

// A backtesting is what the command line says of a backtest.
type backtesting struct {
	bia, against string
	period
	output string
}

func backtestCommand() *cobra.Command {
	var o backtesting
	c := &cobra.Command{
		Use:   "backtest --bia FILE|DIR [--against FILE|DIR] FROM...",
		Short: "Judge recorded alerts by another business impact analysis, and say what would have been declared, when",
		Long: `Judge recorded alerts with the code that would decide for real, and say which incidents there would have been, at which
level and when, what would have been declared, how far ahead of or behind the latest time to invoke, and which objectives
would have been missed. With --against the same is judged by two analyses, and what differs is said first.

FROM is a file that "holdfast alerts export" wrote, a scenario (its alerts; its own analysis where --bia is not given),
the store of an embedded NATS that is stopped, or the address of a NATS server (nats://...). Several are heard one after
the other, in the order of time. Without FROM it is the alert log that --config names.

--bia is a bia.yaml alone, or a continuity directory: then it is also said which playbook would have been invoked.
Nothing reaches the world, and nobody acts in a backtest: it tells what holdfast would have said to those who were there.`,
		Example: `  holdfast backtest --bia new.yaml --against continuity/ november.jsonl
  holdfast backtest --bia continuity/ --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z /var/lib/holdfast/nats
  holdfast backtest --bia stricter.yaml scenarios/07-cloudflare-pdx04-2023-11-02.txtar`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, from []string) error {
			if o.output != "text" && o.output != "json" {
				return misused("text or json", "there is no output %q", o.output)
			}
			return o.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), from)
		},
	}
	c.Flags().StringVar(&o.bia, "bia", "", "bia.yaml or continuity directory to judge by")
	c.Flags().StringVar(&o.against, "against", "", "bia.yaml or continuity directory to hold it against")
	o.period.flags(c)
	c.Flags().StringVarP(&o.output, "output", "o", "text", "text or json")
	return c
}

// run judges all recordings, by one analysis or by two.
func (o *backtesting) run(ctx context.Context, out, talk io.Writer, from []string) error {
	if err := o.period.read(); err != nil {
		return err
	}
	r, err := o.period.open(ctx, talk, from)
	if err != nil {
		return err
	}
	judges, err := o.judges(r.scenario)
	if err != nil {
		return errors.Join(err, r.close())
	}
	outcomes, err := o.judge(r, judges)
	if err = errors.Join(err, r.close()); err != nil {
		return err
	}
	if len(outcomes) == 1 {
		return tellAll(out, o.output, outcomes[0])
	}
	return tellAll(out, o.output, exercise.Compare(outcomes[1], outcomes[0]))
}

// judges are the documents to judge by: those of --bia, or a scenario's own, and then those of --against.
func (o *backtesting) judges(own *incident.Documents) ([]*incident.Documents, error) {
	var all []*incident.Documents
	switch {
	case o.bia != "":
		docs, err := loadAnalysis(o.bia)
		if err != nil {
			return nil, err
		}
		all = append(all, docs)
	case own != nil:
		all = append(all, own)
	default:
		return nil, misused("name a bia.yaml or a continuity directory with --bia", "nobody said what to judge by")
	}
	if o.against != "" {
		docs, err := loadAnalysis(o.against)
		if err != nil {
			return nil, err
		}
		all = append(all, docs)
	}
	return all, nil
}

// judge brings every message to every judge; a recording is read once.
func (o *backtesting) judge(r *recording, judges []*incident.Documents) ([]exercise.Outcome, error) {
	var courts []*exercise.Backtest
	for _, docs := range judges {
		courts = append(courts, exercise.NewBacktest(docs))
	}
	for m, err := range r.messages {
		if err != nil {
			return nil, err
		}
		for _, b := range courts {
			if err := b.Hear(m); err != nil {
				return nil, failed("name several recordings in the order of time", "%w", err)
			}
		}
	}
	end := o.to
	if end.IsZero() {
		end = r.end
	}
	var outcomes []exercise.Outcome
	for _, b := range courts {
		outcome, err := b.Outcome(o.from, end)
		if err != nil {
			return nil, failed("", "%w", err)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

// loadAnalysis reads a bia.yaml alone, or a continuity directory.
func loadAnalysis(path string) (*incident.Documents, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, missing("name a bia.yaml, or a directory that holds bia.yaml, people.yaml and playbooks/", "read the analysis: %w", err)
	}
	if info.IsDir() {
		docs, problems, err := loadDocuments(path)
		if err != nil {
			return nil, err
		}
		if problems.HasErrors() {
			return nil, problems
		}
		return docs, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the analysis: %w", err)
	}
	docs, problems := incident.ParseDocuments(map[string]string{"bia.yaml": string(text)})
	if problems.HasErrors() {
		for i := range problems {
			problems[i].File = path
		}
		return nil, problems
	}
	return docs, nil
}

// tellAll writes what can be told to people, or to programs.
func tellAll(out io.Writer, output string, told interface{ Text() string }) error {
	if output == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(told)
	}
	_, err := io.WriteString(out, printableLines(told.Text()))
	return err
}

// A period is a stretch of the alert log, and where it is.
type period struct {
	config       string
	since, until string
	from, to     time.Time // zero: as far as there is something
}

func (p *period) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.config, "config", "", "holdfast.yaml that says where the alert log is; an embedded NATS has to be stopped")
	c.Flags().StringVar(&p.since, "from", "", "instant (RFC 3339) at which the period begins; what was said before counts, what was over is left out")
	c.Flags().StringVar(&p.until, "to", "", "instant (RFC 3339) at which the period ends; after the last message the clocks go on and nothing more is heard")
}

// read makes out the instants.
func (p *period) read() (err error) {
	if p.from, err = flagInstant("--from", p.since); err != nil {
		return err
	}
	if p.to, err = flagInstant("--to", p.until); err != nil {
		return err
	}
	if !p.from.IsZero() && !p.to.IsZero() && p.to.Before(p.from) {
		return misused("", "--to lies before --from")
	}
	return nil
}

func flagInstant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, misused("such as 2026-11-01T00:00:00Z", "%s %q is no instant", flag, text)
	}
	return at.UTC(), nil
}

// isScenario reports whether a file is a scenario, by its name.
func isScenario(file string) bool { return strings.EqualFold(filepath.Ext(file), ".txtar") }
