package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"holdfast/cmd/holdfast/standin"
	"holdfast/incident"
)

// close shows what is left when it is over: the times, the effects, the report, the metrics.
func (s *stage) close(ctx context.Context) error {
	if !s.end.found {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	path, err := s.writeReport(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "\n%s\n", s.paint(toneBold, "Recovery times"))
	s.recoveryTable()
	fmt.Fprintf(s.Out, "\n%s\n", s.paint(toneBold, "What the organisation's systems were asked, by their own books"))
	proof := s.effectsTable()
	fmt.Fprintf(s.Out, "\n%s\n", s.paint(toneBold, "What /metrics shows now"))
	err = s.metrics(ctx)
	fmt.Fprintf(s.Out, "\nAfter-action report: %s\n", path)
	if s.Dir != "" {
		fmt.Fprintf(s.Out, "Everything else:     %s\n", s.dir)
	}
	if s.KillAt != "" && !s.crash.happened {
		err = errors.Join(err, errNeverUnderWay)
	}
	return errors.Join(err, proof)
}

func (s *stage) writeReport(ctx context.Context) (string, error) {
	text, err := s.api.text(ctx, "/api/v1/incidents/"+s.end.incident.ID+"/report?format=md")
	if err != nil {
		return "", fmt.Errorf("fetch the after-action report: %w", err)
	}
	path := filepath.Join(s.dir, reportFile)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("write the after-action report: %w", err)
	}
	return path, nil
}

// recoveryTable sets what was achieved against what was promised.
func (s *stage) recoveryTable() {
	i := s.end.incident
	w := tabwriter.NewWriter(s.Out, 2, 0, 3, ' ', 0)
	fmt.Fprintln(w, "  service\tback after\tRTO\tsince invoked\tRTC\twork back after\tMTPD\tdeadline\t")
	for _, r := range i.Recoveries {
		if !r.Objectives.Vital {
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Service, rta(r), objective(r.Objectives.RTO), s.sinceInvoked(r),
			objective(r.Objectives.RTC), s.workBack(r), objective(r.Objectives.MTPD), deadline(r))
	}
	_ = w.Flush()
}

// deadline says whether a service was back in time, by the tightest of its objectives that ask for that.
func deadline(r incident.Recovery) string {
	switch {
	case met(r):
		return "met"
	case !r.Overrun.IsZero():
		return "missed (" + r.Clocks.DeadlineBy + "), and the MTPD"
	}
	return "missed (" + r.Clocks.DeadlineBy + ")"
}

func rta(r incident.Recovery) string {
	d, back := r.RTA()
	if !back {
		return "not back"
	}
	return brief(d)
}

func objective(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return d.String()
}

// sinceInvoked is the part of the recovery that the plan had to itself.
func (s *stage) sinceInvoked(r incident.Recovery) string {
	if runs := s.end.incident.Runs; len(runs) > 0 && !r.Restored.IsZero() {
		return brief(r.Restored.Sub(runs[0].Started))
	}
	return "-"
}

// workBack is when the work that hung on the service was done again: the step with the milestone work_recovered.
func (s *stage) workBack(r incident.Recovery) string {
	for _, run := range s.end.incident.Runs {
		for _, step := range run.Steps {
			planned, ok := s.plan.Step(step.ID)
			if ok && planned.Milestone == "work_recovered" && step.Status == incident.Done {
				return brief(step.Ended.Sub(r.Since))
			}
		}
	}
	return "-"
}

// An asking is everything that was asked for with one key.
type asking struct {
	what, key      string
	asked, applied int
}

// effectsTable shows what the organisation's books say, and proves that every effect was had exactly once.
func (s *stage) effectsTable() error {
	var all []*asking
	var wrong []error
	for _, e := range s.books.Effects() {
		at := slices.IndexFunc(all, func(a *asking) bool { return a.key == e.Key })
		if at < 0 {
			at = len(all)
			all = append(all, &asking{what: e.What, key: e.Key})
		}
		a := all[at]
		a.asked++
		switch e.Outcome {
		case standin.Applied:
			a.applied++
		case standin.Refused:
			wrong = append(wrong, fmt.Errorf("the organisation's systems refused %q: %s", e.What, e.Detail))
		}
		if a.what != e.What {
			wrong = append(wrong, fmt.Errorf("key %s was used for %q and for %q", e.Key, a.what, e.What))
		}
	}
	w := tabwriter.NewWriter(s.Out, 2, 0, 3, ' ', 0)
	fmt.Fprintln(w, "  effect\tkey\tasked\tapplied")
	for n, a := range all {
		fmt.Fprintf(w, "  %s\t%s\t%d\t%d\n", a.what, a.key, a.asked, a.applied)
		if a.applied != 1 || slices.ContainsFunc(all[:n], func(b *asking) bool { return b.what == a.what }) {
			wrong = append(wrong, fmt.Errorf("%q was not applied exactly once with one key", a.what))
		}
	}
	_ = w.Flush()
	if len(all) == 0 {
		fmt.Fprintln(s.Out, "  nothing")
	}
	return errors.Join(wrong...)
}

// telling are the metrics worth showing at the end of an incident.
var telling = []string{
	"holdfast_recovery_time_actual_seconds_sum", "holdfast_recovery_time_actual_seconds_count", "holdfast_outage_seconds",
	"holdfast_rto_remaining_seconds", "holdfast_latest_time_to_invoke_seconds", "holdfast_decision_lag_seconds_sum",
	"holdfast_step_wait_seconds_sum", "holdfast_step_wait_seconds_count", "holdfast_objectives_missed_total", "holdfast_steps_total",
	"holdfast_incidents_open", "holdfast_alerts_received_total", "holdfast_alerts_unmapped_total", "holdfast_nats_connected", "holdfast_armed", "holdfast_epoch",
}

func (s *stage) metrics(ctx context.Context) error {
	page, err := s.api.text(ctx, "/metrics")
	if err != nil {
		return fmt.Errorf("fetch the metrics: %w", err)
	}
	for line := range strings.Lines(string(page)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ = strings.Cut(name, "{")
		if slices.Contains(telling, name) {
			fmt.Fprint(s.Out, "  ", line)
		}
	}
	return nil
}
