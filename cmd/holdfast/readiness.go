package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/playbooks"
	"holdfast/readiness"
)

func readinessCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "readiness [DIR]",
		Short: "Say of each vital service and failure domain what recovers it, in what time, and what is missing",
		Long: `Read the documents of a continuity directory and say, for every vital service and every failure domain that it rests
on, what the loss of that domain would mean: the playbook that covers it, how long that takes by its own plan against
the deadline, the components that take the service down alone, how well its recovery time is known, and every gap.

The deadline is the tightest that any start of an outage can meet: the RTO, MTPD - WRT, or the RTO of an elevated period.
What remains of it after confirmation, decision margin and recovery is the slack. It ends with exit code 3 if there are
gaps that nobody accepted.

STATE is what the loss would mean:
  survives  redundancy carries the service; a playbook shown beside it is there should more be lost
  covered   a playbook fits, and brings the service back in time
  late      a playbook fits, but not in time, or nobody says how long it takes
  accepted  nothing fits, and somebody accepted that (risks or accepted in bia.yaml)
  open      nothing fits
A dash under LOST stands for components in no failure domain, each lost by itself; ALONE TAKES IT DOWN names them.

RTC says how well the recovery time is known. Where the daemon of this organisation answers (--server, or the default
address), the records of exercises of the playbook say it: verified, needs verification, expired or not verified.
From the documents alone, and where there is no playbook, it is never verified: "as written" means that bia.yaml says an
exercise showed it, and until when that holds.`,
		Example: "  holdfast readiness\n  holdfast readiness /etc/holdfast/continuity -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := config.DefaultContinuity
			if len(args) == 1 {
				dir = args[0]
			}
			p, err := newPrinter(c)
			if err != nil {
				return err
			}
			return showReadiness(c, p, dir, time.Now())
		},
	}
	outputFlags(c)
	connectionFlags(c)
	return c
}

// showReadiness prints the table of a continuity directory, and makes the exit code of its gaps.
func showReadiness(c *cobra.Command, p *printer, dir string, now time.Time) error {
	docs, problems, err := loadDocuments(dir)
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return invalid("", problems)
	}
	records, known, err := exerciseRecords(c, docs.BIA.Organisation)
	if err != nil {
		return err
	}
	rows := readiness.Table(docs, now)
	if known {
		rows = readiness.TableExercised(docs, records, now)
	}
	gaps := 0
	for _, r := range rows {
		gaps += len(r.Gaps)
	}
	if p.json {
		body, err := json.Marshal(readinessRows(rows))
		if err != nil {
			return err
		}
		if err := p.raw(body); err != nil {
			return err
		}
	} else {
		p.readiness(rows)
		if known {
			p.line("")
			p.line("exercises: %s on record", plural(len(records), "exercise"))
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	if gaps > 0 {
		return concluded(exitInvalid, "holdfast check says where in the documents, and what to do", "%s", plural(gaps, "gap"))
	}
	return nil
}

func (p *printer) readiness(rows []readiness.Row) {
	if len(rows) == 0 {
		p.line("no vital service with objectives rests on a failure domain, or has a single point of failure")
		return
	}
	var cells [][]cell
	for _, r := range rows {
		cells = append(cells, []cell{
			{r.Service, bold}, {orDash(r.Domain), plain}, {string(r.State), stateColour(r.State)}, {treatment(r), plain},
			{recoversIn(r), plain}, {nineInTen(r), plain}, {tightest(r), plain}, {slack(r), plain}, {proven(r), plain}, {orDash(strings.Join(r.SinglePoints, ", ")), plain},
		})
	}
	p.table([]string{"SERVICE", "LOST", "STATE", "PLAYBOOK", "RECOVERS IN", "P90", "DEADLINE", "SLACK", "RTC", "ALONE TAKES IT DOWN"}, cells)
	first := true
	for _, r := range rows {
		for _, gap := range r.Gaps {
			if first {
				p.heading("Gaps")
				first = false
			}
			p.line("  %s", strings.Join(slices.DeleteFunc([]string{r.Service, r.Domain, gap}, func(s string) bool { return s == "" }), ": "))
		}
	}
}

// treatment is the playbook, with the kind of loss that it says it treats.
func treatment(r readiness.Row) string {
	if r.Loss == "" {
		return orDash(r.Playbook)
	}
	return r.Playbook + " (" + string(r.Loss) + ")"
}

func stateColour(s readiness.State) paint {
	switch s {
	case readiness.Open, readiness.Late:
		return bad
	case readiness.Accepted:
		return warn
	}
	return good
}

func recoversIn(r readiness.Row) string {
	if r.Forecast == 0 {
		return "–"
	}
	return console.Span(r.Forecast) + " (" + r.ForecastBy + ")"
}

func nineInTen(r readiness.Row) string {
	if r.NineInTen == 0 {
		return "–"
	}
	return console.Span(r.NineInTen)
}

func tightest(r readiness.Row) string {
	if r.Deadline == 0 {
		return "–"
	}
	return console.Span(r.Deadline) + " (" + r.DeadlineBy + ")"
}

func slack(r readiness.Row) string {
	switch {
	case r.Forecast == 0 || r.Deadline == 0:
		return "–"
	case r.Slack < 0:
		return "-" + console.Span(-r.Slack)
	}
	return console.Span(r.Slack)
}

// proven says how well a recovery time is known, and until when.
func proven(r readiness.Row) string {
	if r.ProofUntil.IsZero() {
		return string(r.Proof)
	}
	if r.Proof == readiness.Written {
		return fmt.Sprintf("%s, valid until %s", r.Proof, r.ProofUntil.UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf("%s until %s", r.Proof, r.ProofUntil.UTC().Format(time.DateOnly))
}

// A readinessRow is a row as programs read it; durations are seconds.
type readinessRow struct {
	Service      string          `json:"service"`
	Domain       string          `json:"domain,omitempty"`
	State        readiness.State `json:"state"`
	Playbook     string          `json:"playbook,omitempty"`
	Loss         playbooks.Loss  `json:"loss,omitempty"`
	Forecast     float64         `json:"forecast_seconds,omitempty"`
	NineInTen    float64         `json:"forecast_p90_seconds,omitempty"`
	ForecastBy   string          `json:"forecast_by,omitempty"`
	Deadline     float64         `json:"deadline_seconds,omitempty"`
	DeadlineBy   string          `json:"deadline_by,omitempty"`
	Slack        *float64        `json:"slack_seconds,omitempty"`
	SinglePoints []string        `json:"single_points"`
	Proof        readiness.Proof `json:"proof"`
	ProofUntil   time.Time       `json:"proof_until,omitzero"`
	Gaps         []string        `json:"gaps"`
}

func readinessRows(rows []readiness.Row) []readinessRow {
	all := []readinessRow{}
	for _, r := range rows {
		row := readinessRow{
			Service: r.Service, Domain: r.Domain, State: r.State, Playbook: r.Playbook, Loss: r.Loss,
			Forecast: r.Forecast.Seconds(), NineInTen: r.NineInTen.Seconds(), ForecastBy: r.ForecastBy, Deadline: r.Deadline.Seconds(), DeadlineBy: r.DeadlineBy,
			SinglePoints: append([]string{}, r.SinglePoints...), Proof: r.Proof, ProofUntil: r.ProofUntil, Gaps: append([]string{}, r.Gaps...),
		}
		if r.Forecast > 0 && r.Deadline > 0 {
			s := r.Slack.Seconds()
			row.Slack = &s
		}
		all = append(all, row)
	}
	return all
}
