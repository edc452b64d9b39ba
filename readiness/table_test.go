package readiness_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/readiness"
)

// drawn is the table of the ready organisation with changes to its text, a line for each row.
func drawn(t *testing.T, changes ...string) []string {
	t.Helper()
	var lines []string
	for _, r := range readiness.Table(with(t, changes...), today) {
		line := fmt.Sprintf("%s/%s %s", r.Service, r.Domain, r.State)
		if r.Playbook != "" {
			line += fmt.Sprintf(" by %s in %s (%s) of %s (%s), slack %s", r.Playbook, r.Forecast, r.ForecastBy, r.Deadline, r.DeadlineBy, r.Slack)
		}
		lines = append(lines, strings.Join(slices.Concat([]string{line}, r.SinglePoints, r.Gaps), "; "))
	}
	return lines
}

func TestTheTableSaysWhatRecoversEachServiceFromEachLoss(t *testing.T) {
	want := []string{
		"api/east covered by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s; east-1",
		"api/west accepted; west-1",
		"pay/east covered by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s; east-1",
		"pay/west accepted; west-1",
	}
	if diff := cmp.Diff(want, drawn(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEachOfTheseShowsInTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		changes []string
		row     string
	}{
		"redundancy carries it":           {[]string{"minimum: 2", "minimum: 1"}, "api/east survives by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s"},
		"the steps take longer":           {[]string{"expect: 30m", "expect: 1h"}, "api/east covered by move-west in 1h0m0s (steps) of 4h0m0s (rto), slack 2h40m0s; east-1"},
		"nobody timed the plan":           {[]string{"rtc: 40m\nprec", "prec", ", expect: 30m", ""}, "api/east covered by move-west in 40m0s (bia) of 4h0m0s (rto), slack 3h0m0s; east-1"},
		"the plan is too slow":            {[]string{"rto: 4h", "rto: 50m"}, "api/east late by move-west in 40m0s (rtc) of 50m0s (rto), slack -10m0s; east-1; confirm_for 5m + margin 15m + 40m of move-west is 10m more than 50m (rto)"},
		"work has to be done after it":    {[]string{"rto: 4h", "rto: 4h, mtpd: 4h30m, wrt: 30m, critical_periods: {}"}, "api/east covered by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s; east-1"},
		"an evening counts":               {[]string{"rto: 4h", "rto: 4h, critical_periods: {evening: {kind: elevated, from: \"18:00\", to: \"23:00\", zone: UTC, rto: 45m}}"}, "api/east late by move-west in 40m0s (rtc) of 45m0s (evening), slack -15m0s; east-1; confirm_for 5m + margin 15m + 40m of move-west is 15m more than 45m (evening)"},
		"a need of the recovery is lost":  {[]string{"dns:    {obs", "dns:    {site: east, obs", "component_up: [west-1, dns]", "component_up: [west-1]"}, "api/east covered by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s; east-1; dns, needed to recover api, is lost as well"},
		"the target is lost":              {[]string{"component_up: [west-1, dns]", "component_up: [east-1]"}, "api/east open; east-1; move-west fits, but needs east-1, which is lost as well"},
		"nothing fits":                    {[]string{", accepted_by: board, until: 2027-06-30", ", treatment: move-west"}, "api/west open; west-1; no playbook fits; the nearest is move-west: it recovers from the loss of east, which is not lost: west-1 failed outside of it"},
		"there is no plan at all":         {[]string{"services: [api], lost", "services: [dns], lost"}, "api/east open; east-1; no playbook recovers it"},
		"the plan is not approved":        {[]string{"approved_on: 2026-10-01", "approved_on: 2027-10-01"}, "api/east covered by move-west in 40m0s (rtc) of 4h0m0s (rto), slack 3h0m0s; east-1; move-west is not approved"},
		"one part outside of all domains": {[]string{"minimum: 2}]", "minimum: 2}, dns]"}, "api/ open; dns; no playbook fits when dns alone is lost"},
		"and somebody lives with it":      {[]string{"minimum: 2}]", "minimum: 2}, dns]", "risks:\n", "accepted: [{rule: readiness/single-point-of-failure, where: dns, reason: rented, by: coo, until: 2027-01-01}]\nrisks:\n"}, "api/ accepted; dns"},
	} {
		t.Run(name, func(t *testing.T) {
			if rows := drawn(t, c.changes...); !slices.Contains(rows, c.row) {
				t.Errorf("no row\n  %s\namong\n  %s", c.row, strings.Join(rows, "\n  "))
			}
		})
	}
}

// However an analysis is written, it is no record of an exercise.
func TestNothingIsVerifiedThatNoRecordShows(t *testing.T) {
	for name, change := range map[string][]string{
		"a playbook covers the loss":  nil,
		"redundancy carries it":       {"minimum: 2", "minimum: 1"},
		"one part outside of domains": {"minimum: 2}]", "minimum: 2}, dns]"},
	} {
		docs := with(t, change...)
		tabletop := []incident.Exercised{exercised(docs, incident.Tabletop, 0)}
		for _, r := range slices.Concat(readiness.Table(docs, today), readiness.TableExercised(docs, nil, today), readiness.TableExercised(docs, tabletop, today)) {
			if r.Proof == readiness.Verified {
				t.Errorf("%s: %s/%s is verified", name, r.Service, r.Domain)
			}
			if holds := r.Proof == readiness.Written; holds == r.ProofUntil.IsZero() {
				t.Errorf("%s: %s/%s is %s, until %s", name, r.Service, r.Domain, r.Proof, r.ProofUntil)
			}
		}
		for _, r := range readiness.TableExercised(docs, tabletop, today) {
			if r.Playbook != "" && r.Proof != readiness.NeedsVerification {
				t.Errorf("%s: %s/%s, by %s, is %s after a tabletop", name, r.Service, r.Domain, r.Playbook, r.Proof)
			}
		}
	}
}

func TestAProcessIsProvenAsWellAsTheWeakestThatItWaitsFor(t *testing.T) {
	for text, want := range map[string]readiness.Proof{
		"{value: 40m, source: exercise, valid_until: 2027-01-01}": readiness.Written,
		"{value: 40m, source: exercise, valid_until: 2026-01-01}": readiness.NeedsVerification,
		"{value: 40m, source: exercise}":                          readiness.NeedsVerification,
		"{value: 40m, source: estimate, valid_until: 2027-01-01}": readiness.NotVerified,
	} {
		docs := with(t, "{value: 40m, source: exercise, valid_until: 2027-01-01}", text)
		for _, r := range readiness.Table(docs, today) {
			if r.Proof != want {
				t.Errorf("rtc %s: %s is %s, want %s", text, r.Service, r.Proof, want)
			}
		}
	}
}

func TestWhatIsNotVitalIsNotInTheTable(t *testing.T) {
	if rows := readiness.Table(with(t, "vital: true", "vital: false"), today); len(rows) > 0 {
		t.Errorf("%v", rows)
	}
}

func TestASinglePointTakesTheServiceDownAlone(t *testing.T) {
	docs := with(t, "minimum: 2}]", "minimum: 1}, {component: dns, effect: partial}, east-1]")
	if diff := cmp.Diff([]string{"east-1"}, readiness.SinglePoints(docs.BIA)["pay"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
