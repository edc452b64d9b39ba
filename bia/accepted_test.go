package bia_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/bia"
)

func TestAnAcceptanceSaysWhyAndByWhom(t *testing.T) {
	const whole = "organisation: A\naccepted: [{rule: bia/cycle, where: dns, reason: rented, by: cto, until: 2027-01-01}]\n"
	if _, problems := bia.Parse("bia.yaml", []byte(whole)); problems.HasErrors() {
		t.Errorf("refused:\n%v", problems)
	}
	for _, word := range []string{"rule: bia/cycle", "where: dns", "reason: rented", "by: cto"} {
		key, _, _ := strings.Cut(word, ":")
		_, problems := bia.Parse("bia.yaml", []byte(strings.Replace(whole, word, key+`: " "`, 1)))
		if !strings.Contains(problems.Error(), key+" says nothing [bia/acceptance]") {
			t.Errorf("a blank %s passes: %v", key, problems)
		}
		_, problems = bia.Parse("bia.yaml", []byte(strings.Replace(whole, word+", ", "", 1)))
		if !strings.Contains(problems.Error(), `"`+key+`" is missing`) {
			t.Errorf("without %s it passes: %v", key, problems)
		}
	}
}

func TestTheTightestDeadlineIsTheShortestOfAllThatHold(t *testing.T) {
	for text, want := range map[string]struct {
		after time.Duration
		by    string
	}{
		"{}":                               {0, ""},
		"{rto: 2h}":                        {2 * time.Hour, "rto"},
		"{rto: 2h, mtpd: 2h30m, wrt: 30m}": {2 * time.Hour, "rto"},
		"{mtpd: 2h30m, wrt: 1h}":           {90 * time.Minute, "mtpd-wrt"},
		`{rto: 2h, critical_periods: {evening: {kind: elevated, from: "18:00", to: "23:00", zone: UTC, rto: 45m}}}`: {45 * time.Minute, "evening"},
		`{rto: 2h, critical_periods: {moment: {kind: elevated, from: "18:00", to: "18:30", zone: UTC, rto: 45m}}}`:  {2 * time.Hour, "rto"},
		`{rto: 2h, critical_periods: {close: {kind: cutoff, at: "18:00", zone: UTC}}}`:                              {2 * time.Hour, "rto"},
	} {
		a, problems := bia.Parse("bia.yaml", []byte("organisation: A\nservices: {s: "+text+"}\n"))
		if problems.HasErrors() {
			t.Fatalf("%s:\n%v", text, problems)
		}
		if after, by := a.Objectives("s").Tightest(); after != want.after || by != want.by {
			t.Errorf("%s: %s by %q, want %s by %q", text, after, by, want.after, want.by)
		}
	}
}
