package bia_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheDeadlineIsTheSoonestOfAllClocks(t *testing.T) {
	a := read(t, `
organisation: x
defaults: {decision_margin: 15m}
services:
  rto:      {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m}
  mtpd:     {vital: true, mtpd: 4h, wrt: 3h, rtc: 40m}
  unknown:  {vital: true, rto: 2h}
  nothing:  {}
`)
	t0 := instant(t, "2026-11-23T12:00:00+01:00")
	for id, want := range map[string]string{
		"rto":     "deadline 13:00 by rto, decide by 12:05, intolerable 15:00",
		"mtpd":    "deadline 12:00 by mtpd-wrt, decide by 11:05, intolerable 15:00",
		"unknown": "deadline 13:00 by rto",
		"nothing": "",
	} {
		c := a.Clocks(id, t0)
		if !c.Start.Equal(t0) {
			t.Errorf("%s starts at %v", id, c.Start)
		}
		var got string
		if !c.Deadline.IsZero() {
			got = "deadline " + c.Deadline.Format("15:04") + " by " + c.DeadlineBy
		}
		if !c.LTI.IsZero() {
			got += ", decide by " + c.LTI.Format("15:04")
		}
		if !c.MTPDEnd.IsZero() {
			got += ", intolerable " + c.MTPDEnd.Format("15:04")
		}
		if got != want || c.RTCKnown != (id == "rto" || id == "mtpd") {
			t.Errorf("%s: %q, RTC known: %v; want %q", id, got, c.RTCKnown, want)
		}
	}
}

// TestADeadlineInACriticalPeriod goes through the rule of domain section 3, one start after the other.
func TestADeadlineInACriticalPeriod(t *testing.T) {
	const evening = `{kind: elevated, days: [fri, sat], from: "18:00", to: "01:00", zone: Europe/Berlin, rto: 45m}`
	const settlement = `{kind: cutoff, days: [mon, tue, wed, thu, fri], at: "16:00", zone: Europe/Berlin}`
	const launch = `{kind: elevated, from: 2026-11-27T00:00:00Z, to: 2026-11-27T03:00:00Z, rto: 30m}`
	for _, c := range []struct{ why, period, start, deadline, by string }{
		{"on a Thursday evening nothing is elevated", evening, "2026-11-26T19:00:00Z", "2026-11-26T21:00:00Z", "rto"},
		{"down before the peak: as soon as it starts, the shorter RTO runs", evening, "2026-11-27T16:30:00Z", "2026-11-27T17:45:00Z", "period"},
		{"down so early that the usual RTO comes first", evening, "2026-11-27T15:00:00Z", "2026-11-27T17:00:00Z", "rto"},
		{"down within the peak", evening, "2026-11-27T20:00:00Z", "2026-11-27T20:45:00Z", "period"},
		{"down after midnight, still in Friday's peak", evening, "2026-11-27T23:10:00Z", "2026-11-27T23:55:00Z", "period"},
		{"back only after the peak has ended: it does not count", evening, "2026-11-27T23:15:00Z", "2026-11-28T01:15:00Z", "rto"},
		{"down as the peak ends", evening, "2026-11-28T00:00:00Z", "2026-11-28T02:00:00Z", "rto"},

		{"the work has to be done by four", settlement, "2026-11-23T14:00:00Z", "2026-11-23T14:30:00Z", "period"},
		{"too late for that already: it stays the deadline, missed", settlement, "2026-11-23T14:45:00Z", "2026-11-23T14:30:00Z", "period"},
		{"down at four: today's work is done", settlement, "2026-11-23T15:00:00Z", "2026-11-23T17:00:00Z", "rto"},
		{"down well before four", settlement, "2026-11-23T12:00:00Z", "2026-11-23T14:00:00Z", "rto"},
		{"four is beyond the MTPD", settlement, "2026-11-23T10:59:00Z", "2026-11-23T12:59:00Z", "rto"},
		{"on Saturday there is no settlement", settlement, "2026-11-28T14:00:00Z", "2026-11-28T16:00:00Z", "rto"},

		{"once, by instants: before", launch, "2026-11-26T23:00:00Z", "2026-11-27T00:30:00Z", "period"},
		{"once: within", launch, "2026-11-27T01:00:00Z", "2026-11-27T01:30:00Z", "period"},
		{"once: too close to its end", launch, "2026-11-27T02:30:00Z", "2026-11-27T04:30:00Z", "rto"},
		{"once: a year later", launch, "2027-11-27T01:00:00Z", "2027-11-27T03:00:00Z", "rto"},
	} {
		t.Run(c.why, func(t *testing.T) {
			a := read(t, "organisation: x\nservices:\n  s: {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, critical_periods: {period: "+c.period+"}}\n")
			got := a.Clocks("s", instant(t, c.start))
			if !got.Deadline.Equal(instant(t, c.deadline)) || got.DeadlineBy != c.by {
				t.Errorf("deadline %v by %s, want %s by %s", got.Deadline, got.DeadlineBy, c.deadline, c.by)
			}
		})
	}
}

func TestAPeriodIsTheOnlyObjective(t *testing.T) {
	for _, c := range []struct{ why, period, start, deadline string }{
		{"a cutoff binds without an MTPD", `{kind: cutoff, at: 2026-12-31T12:00:00Z}`, "2026-11-23T00:00:00Z", "2026-12-31T11:00:00Z"},
		{"the next one counts, days ahead", `{kind: cutoff, days: [sun], at: "12:00", zone: UTC}`, "2026-11-23T00:00:00Z", "2026-11-29T11:00:00Z"},
		{"after it has passed, next week's", `{kind: cutoff, days: [sun], at: "12:00", zone: UTC}`, "2026-11-29T12:00:00Z", "2026-12-06T11:00:00Z"},
		{"a peak binds days ahead", `{kind: elevated, days: [sun], from: "10:00", to: "12:00", zone: UTC, rto: 1h}`, "2026-11-23T00:00:00Z", "2026-11-29T11:00:00Z"},
		{"every day where no day is written", `{kind: elevated, from: "10:00", to: "12:00", zone: UTC, rto: 1h}`, "2026-11-23T11:30:00Z", "2026-11-24T11:00:00Z"},
		{"from midnight to midnight is the whole day", `{kind: elevated, days: [tue], from: "00:00", to: "00:00", zone: UTC, rto: 1h}`, "2026-11-24T22:30:00Z", "2026-11-24T23:30:00Z"},
		{"a cutoff that has passed once and for all", `{kind: cutoff, at: 2026-01-01T12:00:00Z}`, "2026-11-23T00:00:00Z", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			a := read(t, "organisation: x\nservices:\n  s: {vital: true, wrt: 1h, critical_periods: {period: "+c.period+"}}\n")
			got := a.Clocks("s", instant(t, c.start)).Deadline
			if c.deadline == "" {
				if !got.IsZero() {
					t.Errorf("deadline %v, want none", got)
				}
				return
			}
			if !got.Equal(instant(t, c.deadline)) {
				t.Errorf("deadline %v, want %s", got, c.deadline)
			}
		})
	}
}

// TestCriticalPeriodsKeepToTheClockOnTheWall: Berlin leaps from 02:00 to 03:00 on 2026-03-29 and repeats 02:00 to 03:00
// on 2026-10-25; Lord Howe changes by half an hour; Apia had no 30 December 2011.
func TestCriticalPeriodsKeepToTheClockOnTheWall(t *testing.T) {
	for _, c := range []struct{ why, from, to, zone, start, deadline string }{
		{"in winter", "18:00", "20:00", "Europe/Berlin", "2026-01-10T12:00:00Z", "2026-01-10T17:10:00Z"},
		{"in summer", "18:00", "20:00", "Europe/Berlin", "2026-07-10T12:00:00Z", "2026-07-10T16:10:00Z"},
		{"the evening before the leap", "22:00", "04:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-28T21:10:00Z"},
		{"after the leap the night is an hour shorter: 01:49 is still in it", "22:00", "04:00", "Europe/Berlin", "2026-03-29T01:49:00Z", "2026-03-29T01:59:00Z"},
		{"a start that is leapt over is shifted forward", "02:30", "05:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:40:00Z"},
		{"an end that is leapt over as well: 03:19 is still before it", "01:00", "02:30", "Europe/Berlin", "2026-03-29T01:19:00Z", "2026-03-29T01:29:00Z"},
		{"an hour that comes twice starts with the first", "02:30", "05:00", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:40:00Z"},
		{"and ends with the second", "01:00", "02:30", "Europe/Berlin", "2026-10-25T01:19:00Z", "2026-10-25T01:29:00Z"},
		{"the evening after the leap", "18:00", "20:00", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29T16:10:00Z"},
		{"the evening after the hour that came twice", "18:00", "20:00", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25T17:10:00Z"},
		{"by half an hour, over there", "01:45", "05:00", "Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-04T14:55:00Z"},
		{"a day that never was is shifted to the next", "12:00", "20:00", "Pacific/Apia", "2011-12-30T09:30:00Z", "2011-12-30T22:10:00Z"},
		{"west of the date line", "18:00", "20:00", "Pacific/Honolulu", "2026-01-10T12:00:00Z", "2026-01-11T04:10:00Z"},
		{"east of it", "18:00", "20:00", "Pacific/Kiritimati", "2026-01-10T12:00:00Z", "2026-01-11T04:10:00Z"},
	} {
		t.Run(c.why, func(t *testing.T) {
			a := read(t, "organisation: x\nservices:\n  s: {vital: true, critical_periods: {period: {kind: elevated, from: \""+c.from+"\", to: \""+c.to+"\", zone: "+c.zone+", rto: 10m}}}\n")
			got := a.Clocks("s", instant(t, c.start))
			if diff := cmp.Diff(c.deadline, got.Deadline.Format(time.RFC3339)); diff != "" {
				t.Errorf("deadline (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnInheritedPeriodWaitsForAsLongAsTheOwnerHoldsOut(t *testing.T) {
	a := read(t, `
organisation: x
processes:
  shop:
    vital: true
    mtpd: 12h
    wrt: 1h
    critical_periods:
      cut:  {kind: cutoff, at: 2026-11-27T16:00:00Z}
      peak: {kind: elevated, from: 2026-11-27T18:00:00Z, to: 2026-11-27T20:00:00Z, rto: 10m}
    needs: [{service: mail, tolerates: 30m}]
services:
  mail: {}
`)
	for start, want := range map[string]string{
		"2026-11-27T14:00:00Z": "2026-11-27T15:00:00Z cut",      // the shop's work has to be done by four whenever it failed
		"2026-11-27T15:29:00Z": "2026-11-27T15:00:00Z cut",      // the shop fails a minute before the cutoff
		"2026-11-27T15:30:00Z": "2026-11-27T18:10:00Z peak",     // the shop fails at the cutoff: today's work is done
		"2026-11-27T18:00:00Z": "2026-11-27T18:40:00Z peak",     // the shop fails half an hour into the peak
		"2026-11-27T19:19:00Z": "2026-11-27T19:59:00Z peak",     // and is back within it
		"2026-11-27T19:20:00Z": "2026-11-28T06:50:00Z mtpd-wrt", // or not
	} {
		c := a.Clocks("mail", instant(t, start))
		if got := c.Deadline.Format(time.RFC3339) + " " + c.DeadlineBy; got != want {
			t.Errorf("down at %s: %s, want %s", start, got, want)
		}
	}
}
