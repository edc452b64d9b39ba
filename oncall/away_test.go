package oncall

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const away = `
people:
  ann:
    deputy: {person: dan}
    absences: [{from: 2026-12-24T08:00:00Z, to: 2026-12-27}]
  ben:
    absences: [{from: 2026-12-25, to: 2026-12-26}]
  cat: {deputy: {person: eve, after_escalation: true}}
  dan:
    deputy: {person: eve}
    absences: [{from: 2026-12-26, to: 2026-12-28}]
  eve: {}
  sub: {}
roles:
  director: {people: [ann, ben, cat]}
  pair: {people: [ben]}
  on-call:
    rotation: {people: [ann, ben, cat], zone: Europe/Berlin, start: 2026-12-21, overrides: [{person: cat, from: 2027-01-01T12:00:00Z, to: 2027-01-01T18:00:00Z}]}
    holidays: {calendar: berlin, stand_in: sub}
  desk:
    rotation: {people: [cat, eve], zone: Europe/Berlin, start: 2026-12-21}
    holidays: {calendar: berlin}
calendars:
  berlin: {zone: Europe/Berlin, days: [2026-12-25, 2027-01-01]}
`

func TestWhoIsAwayIsPassedOverOrHasADeputy(t *testing.T) {
	r := read(t, away)
	for _, c := range []struct {
		role, when, why string
		want            []string
	}{
		{"director", "2026-12-24T07:59:59Z", "everybody is there", []string{"ann", "ben", "cat"}},
		{"director", "2026-12-24T08:00:00Z", "ann is away: dan acts in her place", []string{"dan", "ben", "cat"}},
		{"director", "2026-12-25T00:00:00Z", "ben is away too, and nobody acts for him", []string{"dan", "cat"}},
		{"director", "2026-12-26T00:00:00Z", "ann's deputy is away: his own deputy acts", []string{"eve", "ben", "cat"}},
		{"director", "2026-12-27T00:00:00Z", "ann is back", []string{"ann", "ben", "cat"}},
		{"pair", "2026-12-25T12:00:00Z", "the only one is away: better to ask them than nobody", []string{"ben"}},
		{"on-call", "2026-12-24T22:59:59Z", "the last second before the holiday in Berlin, ann away", []string{"dan", "ben", "cat"}},
		{"on-call", "2026-12-24T23:00:00Z", "the stand-in of the holiday, then whose turn it is", []string{"sub", "dan", "ben", "cat"}},
		{"on-call", "2026-12-25T23:00:00Z", "the holiday is over", []string{"dan", "cat"}},
		{"on-call", "2027-01-01T11:00:00Z", "a holiday", []string{"sub", "ben", "cat", "ann"}},
		{"on-call", "2027-01-01T12:00:00Z", "who is put on duty by name stands above the holiday", []string{"cat", "sub", "ben", "ann"}},
		{"desk", "2026-12-24T22:00:00Z", "cat's turn", []string{"cat", "eve"}},
		{"desk", "2026-12-24T23:00:00Z", "on a holiday without a stand-in the next in line comes first", []string{"eve", "cat"}},
	} {
		if diff := cmp.Diff(c.want, r.Line(c.role, at(t, c.when))); diff != "" {
			t.Errorf("%s at %s, %s (-want +got):\n%s", c.role, c.when, c.why, diff)
		}
	}
}

func TestWhoIsAwayMayActAndTheirDeputyMayMeanwhile(t *testing.T) {
	r := read(t, away)
	before, during := at(t, "2026-12-20T00:00:00Z"), at(t, "2026-12-24T12:00:00Z")
	for person, want := range map[string][2]bool{"ann": {true, true}, "dan": {false, true}, "eve": {false, false}} {
		if got := [2]bool{r.Holds(person, "director", before), r.Holds(person, "director", during)}; got != want {
			t.Errorf("%s may act before and during ann's absence: %v, want %v", person, got, want)
		}
	}
}

func TestADeputyStandsBesideAfterEscalationWhereThatIsWritten(t *testing.T) {
	r := read(t, away)
	for role, want := range map[string][]string{"director": {"eve"}, "desk": nil, "pair": nil, "nobody": nil} {
		if diff := cmp.Diff(want, r.Deputies(role, at(t, "2026-12-20T00:00:00Z"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
	}
}

func TestAHoleIsFoundToTheInstant(t *testing.T) {
	r := read(t, `
people:
  ann: {absences: [{from: 2026-08-01, to: 2026-08-10}, {from: 2026-08-10, to: 2026-08-20T06:00:00Z}]}
  ben: {absences: [{from: 2026-08-08T12:30:00Z, to: 2026-09-01}], deputy: {person: cat}}
  cat: {absences: [{from: 2026-08-15, to: 2026-08-15T01:00:00Z}]}
roles:
  r: {people: [ann, ben]}
  s: {rotation: {people: [ann], zone: Australia/Lord_Howe, start: 2026-01-05, overrides: [{person: cat, from: 2026-08-02, to: 2026-08-14}]}}
`)
	from, to := at(t, "2026-07-01T00:00:00Z"), at(t, "2026-12-31T00:00:00Z")
	if diff := cmp.Diff([]Hole{{at(t, "2026-08-15T00:00:00Z"), at(t, "2026-08-15T01:00:00Z")}}, r.Holes("r", from, to)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := []Hole{{at(t, "2026-08-01T00:00:00Z"), at(t, "2026-08-02T00:00:00Z")}, {at(t, "2026-08-14T00:00:00Z"), at(t, "2026-08-20T06:00:00Z")}}
	if diff := cmp.Diff(want, r.Holes("s", from, to)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheNextHandoverSaysWhenAndToWhom(t *testing.T) {
	r := read(t, away)
	for _, c := range []struct{ role, now, when, to string }{
		{"on-call", "2026-12-21T10:00:00Z", "2026-12-24T08:00:00Z", "dan"}, // ann goes
		{"on-call", "2026-12-24T08:00:00Z", "2026-12-24T23:00:00Z", "sub"}, // the holiday begins
		{"on-call", "2026-12-24T23:00:00Z", "2026-12-25T23:00:00Z", "dan"}, // and ends
		{"on-call", "2026-12-27T00:00:00Z", "2026-12-28T08:00:00Z", "ben"}, // the turn
		{"director", "2026-12-27T00:00:00Z", "", ""},                       // never, as far as is written
	} {
		when, to, ok := r.NextHandover(c.role, at(t, c.now))
		if !ok && c.to == "" {
			continue
		}
		if got := when.UTC().Format(time.RFC3339); got != c.when || to != c.to {
			t.Errorf("%s after %s: %s to %q, want %s to %q", c.role, c.now, got, to, c.when, c.to)
		}
	}
}

// manyZones change their clocks by an hour, by half an hour, at midnight, in the south, for a month of fasting, and never.
var manyZones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Africa/Casablanca",
	"Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "Asia/Tehran", "Antarctica/Troll", "UTC"}

// withAll writes a people.yaml with everything in it that can move a duty.
func withAll(zone, handover string, every int) string {
	return fmt.Sprintf(`
people:
  ann: {deputy: {person: ben}, absences: [{from: 2025-03-30, to: 2025-04-02}, {from: 2026-10-24T22:00:00Z, to: 2026-10-26}, {from: 2029-01-01, to: 2029-06-01}]}
  ben: {deputy: {person: cat, after_escalation: true}, absences: [{from: 2025-04-01, to: 2025-04-06T02:17:00Z}, {from: 2029-02-01, to: 2029-04-01}]}
  cat: {absences: [{from: 2029-02-14, to: 2029-03-14}]}
  sub: {}
roles:
  fixed: {people: [ann, ben]}
  duty:
    rotation: {people: [ann, ben, cat], zone: %[1]s, start: 2025-01-06, handover: %[2]q, every: %[3]dd, overrides: [{person: sub, from: 2026-03-29, to: 2026-03-30T02:30:00Z}]}
    holidays: {calendar: days, stand_in: sub}
  desk: {rotation: {people: [cat, ben], zone: %[1]s, start: 2025-01-06, handover: %[2]q, every: %[3]dd}, holidays: {calendar: days}}
calendars:
  days: {zone: %[1]s, days: [2025-03-30, 2025-04-06, 2026-09-06, 2027-04-04, 2028-12-25, 2030-10-06]}
`, zone, handover, every)
}

// L4: at every instant somebody is on call, in every zone, over all changes of the clocks: each quarter of an hour of six
// years, and each minute of the days on which the clocks change.
func TestAtEveryInstantSomebodyIsOnCall(t *testing.T) {
	from, to := at(t, "2025-01-01T00:00:00Z"), at(t, "2031-01-01T00:00:00Z")
	asked := 0
	for n, zone := range manyZones {
		r := read(t, withAll(zone, []string{"09:00", "02:30", "00:00", "02:00"}[n%4], 1+6*(n%2)))
		location, _ := zoneOf(zone)
		var step time.Duration
		for now := from; now.Before(to); now = now.Add(step) {
			for role := range r.Roles {
				asked++
				if line := r.Line(role, now); len(line) == 0 || slices.Contains(line, "") || r.People[line[0]] == nil {
					t.Fatalf("%s in %s at %v: %v", role, zone, now, line)
				}
			}
			_, before := now.In(location).Zone()
			_, after := now.Add(24 * time.Hour).In(location).Zone()
			if step = 15 * time.Minute; before != after {
				step = time.Minute
			}
		}
	}
	t.Logf("%d lines were asked for", asked)
}

// The next handover is exact: until then the same person comes first, then another does.
func TestTheNextHandoverIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(manyZones).Draw(t, "zone")
		r, problems := Parse("people.yaml", []byte(withAll(zone, rapid.SampledFrom([]string{"00:00", "02:15", "09:00"}).Draw(t, "handover"), rapid.IntRange(1, 9).Draw(t, "every"))))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		now := time.Unix(rapid.Int64Range(1_735_700_000, 1_925_000_000).Draw(t, "unix time"), 0)
		role := rapid.SampledFrom([]string{"duty", "desk", "fixed"}).Draw(t, "role")
		first := r.Line(role, now)[0]
		when, to, ok := r.NextHandover(role, now)
		if !ok {
			return
		}
		if last := r.Line(role, when.Add(-time.Nanosecond))[0]; last != first || to == first || r.Line(role, when)[0] != to || !when.After(now) {
			t.Fatalf("%s at %v: %s comes first; at %v it is %s, before that %s", role, now, first, when, to, last)
		}
		for range 50 {
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(when.Sub(now))-1).Draw(t, "between")))
			if got := r.Line(role, between)[0]; got != first {
				t.Fatalf("%s: at %v %s comes first, and at %v before the handover %s", role, now, first, between, got)
			}
		}
	})
}

// A hole is where nobody of the line is there, and nowhere else.
func TestHolesAreWhereNobodyIsThere(t *testing.T) {
	from, to := at(t, "2028-06-01T00:00:00Z"), at(t, "2029-12-01T00:00:00Z")
	for _, zone := range manyZones {
		r := read(t, withAll(zone, "09:00", 7))
		for role := range r.Roles {
			holes := r.Holes(role, from, to)
			for now := from; now.Before(to); now = now.Add(6 * time.Hour) {
				within := slices.ContainsFunc(holes, func(h Hole) bool { return !now.Before(h.From) && now.Before(h.To) })
				if nobody := len(r.there(r.nominal(role, now), now)) == 0; nobody != within {
					t.Fatalf("%s in %s at %v: nobody there is %v, the holes are %v", role, zone, now, nobody, holes)
				}
			}
		}
	}
}

func TestTheJournalsCopyKnowsAbsencesDeputiesAndHolidays(t *testing.T) {
	for _, text := range []string{away, withAll("Australia/Lord_Howe", "02:15", 3)} {
		r := read(t, text)
		copied := read(t, string(Redact([]byte(text))))
		for now := at(t, "2026-12-20T00:00:00Z"); now.Before(at(t, "2027-01-05T00:00:00Z")); now = now.Add(time.Hour) {
			for role := range r.Roles {
				got := strings.Join(copied.Line(role, now), " ") + "; " + strings.Join(copied.Deputies(role, now), " ")
				if want := strings.Join(r.Line(role, now), " ") + "; " + strings.Join(r.Deputies(role, now), " "); got != want {
					t.Fatalf("%s at %v: the journal's copy says %s, people.yaml %s", role, now, got, want)
				}
			}
		}
	}
}
