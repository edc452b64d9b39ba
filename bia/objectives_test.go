package bia_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"holdfast/bia"
)

const (
	minutes = time.Minute
	hours   = time.Hour
)

func TestObjectivesAreHandedDownAndTheTightestWins(t *testing.T) {
	a := read(t, acme)
	for id, want := range map[string]bia.Objectives{
		"card-payments": {Vital: true, RTO: 2 * hours, RTOFrom: "card-payments", MTPD: 4 * hours, WRT: 30 * minutes, Bound: 210 * minutes,
			RPO: 5 * minutes, RTC: 2 * hours, Margin: 15 * minutes, ConfirmFor: 5 * minutes, RecoverFor: 10 * minutes, MaxBackdate: 30 * minutes},
		// Nothing of its own but an RTC: all the rest comes from the process.
		"payments-api": {Vital: true, RTO: 2 * hours, RTOFrom: "card-payments", MTPD: 210 * minutes, Bound: 210 * minutes,
			RPO: 5 * minutes, RTC: 40 * minutes, Margin: 15 * minutes, ConfirmFor: 5 * minutes, RecoverFor: 10 * minutes, MaxBackdate: 30 * minutes},
		// Two levels down; its own RTO, RPO and confirm_for are tighter and stay, and its MTPD follows from its own WRT.
		"core-ledger": {Vital: true, RTO: hours, RTOFrom: "core-ledger", MTPD: 220 * minutes, WRT: 10 * minutes, Bound: 210 * minutes,
			RPO: minutes, RTC: 30 * minutes, Margin: 15 * minutes, ConfirmFor: minutes, RecoverFor: 10 * minutes, MaxBackdate: 15 * minutes},
		// Over a partial need nothing is handed down.
		"fraud-scoring": {RTO: 8 * hours, RTOFrom: "fraud-scoring", Margin: 15 * minutes, ConfirmFor: 5 * minutes, RecoverFor: 10 * minutes, MaxBackdate: hours},
		// What is tolerated for an hour has an hour more, but for its data.
		"receipts": {Vital: true, RTO: 3 * hours, RTOFrom: "card-payments", MTPD: 270 * minutes, Bound: 270 * minutes,
			RPO: 5 * minutes, RTC: 2 * hours, Margin: 15 * minutes, ConfirmFor: 5 * minutes, RecoverFor: 10 * minutes, MaxBackdate: 45 * minutes},
		"nothing": {},
	} {
		if diff := cmp.Diff(want, a.Objectives(id), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestMembersOfAGroupInheritAsIfEachWereTheLast(t *testing.T) {
	a := read(t, "organisation: x\nservices: {front: {vital: true, rto: 1h, needs: [{any_of: [east, west], full: 2, minimum: 1}]}, east: {}, west: {rto: 10m}}\n")
	if east, west := a.Objectives("east"), a.Objectives("west"); east.RTO != hours || !east.Vital || west.RTO != 10*minutes || !west.Vital {
		t.Errorf("east %+v, west %+v", east, west)
	}
}

func TestACycleOfNeedsHandsDownOnceAndEnds(t *testing.T) {
	a := read(t, `
organisation: x
services:
  a: {vital: true, rto: 1h, needs: [{service: b, tolerates: 10m}]}
  b: {rto: 4h, mtpd: 5h, rpo: 1m, needs: [{service: c, tolerates: 10m}]}
  c: {needs: [a, c]}
`)
	for id, want := range map[string]time.Duration{"a": hours, "b": 70 * minutes, "c": 80 * minutes} {
		o := a.Objectives(id)
		if o.RTO != want || !o.Vital || o.RPO != minutes {
			t.Errorf("%s: %+v, want an RTO of %v", id, o, want)
		}
	}
}

func TestCriticalPeriodsAreHandedDownByTheNearestPath(t *testing.T) {
	a := read(t, `
organisation: x
processes:
  settlement:
    vital: true
    mtpd: 20h
    wrt: 1h
    critical_periods: {cut: {kind: cutoff, at: 2026-11-27T16:00:00Z}}
    needs: [{service: ledger, tolerates: 30m}, {service: gateway, tolerates: 5m}]
services:
  gateway: {needs: [{service: ledger, tolerates: 10m}]}
  ledger:  {}
`)
	for id, want := range map[string]time.Duration{"settlement": 0, "gateway": 5 * minutes, "ledger": 15 * minutes} {
		rules := a.Objectives(id).Critical
		if len(rules) != 1 || rules[0].Owner != "settlement" || rules[0].Name != "cut" || rules[0].HoldsOut != want {
			t.Errorf("%s: %+v, want one rule that holds out %v", id, rules, want)
		}
	}
}

func TestTheCapabilityOfAProcessIsThatOfItsSlowestNeed(t *testing.T) {
	a := read(t, `
organisation: x
processes:
  slowest:   {needs: [quick, slow, {service: unknown, effect: partial}]}
  itself:    {rtc: 3h, needs: [slow]}
  needs:     {rtc: 5m, needs: [slow]}
  blind:     {needs: [quick, unknown]}
  deep:      {needs: [front]}
  wheel:     {needs: [hub]}
services:
  quick:   {rtc: 10m}
  slow:    {rtc: 2h}
  front:   {needs: [slow, c]}
  own:     {rtc: 5m, needs: [slow]}
  unknown: {needs: [c]}
  hub:     {needs: [spoke]}
  spoke:   {needs: [hub, quick]}
  lost:    {needs: [adrift]}
  adrift:  {needs: [lost]}
components: {c: {}}
`)
	for id, want := range map[string]time.Duration{
		"slowest": 2 * hours, "itself": 3 * hours, "needs": 2 * hours, "blind": 0, "deep": 2 * hours, "wheel": 10 * minutes,
		"front": 2 * hours, "own": 5 * minutes, "unknown": 0, "hub": 10 * minutes, "lost": 0,
	} {
		if got := a.Objectives(id).RTC; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}

func TestALateAlertMayMoveTheStartBackAQuarterOfTheRTO(t *testing.T) {
	a := read(t, "organisation: x\nservices: {short: {rto: 20m}, long: {rto: 12h}, bound: {mtpd: 2h}, none: {}}\n")
	for id, want := range map[string]time.Duration{"short": 5 * minutes, "long": hours, "bound": 30 * minutes, "none": hours} {
		if got := a.Objectives(id).MaxBackdate; got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	fixed := read(t, "organisation: x\ndefaults: {max_backdate: 0s}\nservices: {s: {rto: 20m}}\n")
	if got := fixed.Objectives("s").MaxBackdate; got != 0 {
		t.Errorf("written as nothing, but %v", got)
	}
}
