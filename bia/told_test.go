package bia_test

import (
	"slices"
	"testing"

	"holdfast/bia"
	"holdfast/internal/source"
)

func TestWhatCannotBeDecidedInTimeIsTold(t *testing.T) {
	for name, c := range map[string]struct{ rule, text string }{
		"a scale of one level": {"bia/impact", "impact: {scale: [minor], categories: [customer]}\n"},
		"a vital service of which nobody says how long its recovery takes": {"bia/rtc-unknown", "services: {s: {vital: true, rto: 1h, needs: [c]}}\ncomponents: {c: {}}\n"},
		"a plan that does not fit into a critical period": {"bia/rtc-late", `
services:
  s: {vital: true, rto: 4h, rtc: 40m, needs: [c], critical_periods: {peak: {kind: elevated, days: [fri], from: "18:00", to: "22:00", zone: UTC, rto: 45m}}}
components: {c: {}}
`},
		"a threshold after the RTO": {"bia/activation-late", "processes: {p: {vital: true, rto: 1h, rtc: 10m, activate_after: 2h, needs: [c]}}\ncomponents: {c: {}}\n"},
	} {
		_, problems := bia.Parse("bia.yaml", []byte("organisation: A house\n"+c.text))
		if !slices.ContainsFunc(problems, func(p source.Problem) bool { return p.Rule == c.rule }) {
			t.Errorf("%s: no %s:\n%v", name, c.rule, problems)
		}
	}
}
