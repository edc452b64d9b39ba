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

// zones change their clocks by an hour, by half an hour, at midnight, in the south, and never.
var zones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu", "UTC"}

// aRotation draws a rotation of some people, written as a text and read again.
func aRotation(t *rapid.T) *Roster {
	people := []string{"ann", "ben", "cat", "dan", "eve"}[:rapid.IntRange(1, 5).Draw(t, "people")]
	start := time.Date(rapid.IntRange(2009, 2027).Draw(t, "year"), 1, rapid.IntRange(1, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	text := fmt.Sprintf("people: {ann: {}, ben: {}, cat: {}, dan: {}, eve: {}, sub: {}}\nroles:\n  duty:\n    rotation: {people: [%s], zone: %s, start: %s, handover: \"%02d:%02d\", every: %dd, overrides: [%s]}\n",
		strings.Join(people, ", "),
		rapid.SampledFrom(zones).Draw(t, "zone"),
		start.Format(time.DateOnly),
		rapid.IntRange(0, 23).Draw(t, "hour"), rapid.SampledFrom([]int{0, 15, 30, 59}).Draw(t, "minute"),
		rapid.SampledFrom([]int{1, 2, 7, 14}).Draw(t, "every"),
		rapid.SampledFrom([]string{"", "{person: sub, from: 2018-03-25, to: 2018-03-26}"}).Draw(t, "override"))
	r, problems := Parse("people.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", text, problems)
	}
	return r
}

func anInstant(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1_230_000_000, 1_830_000_000).Draw(t, "unix time"), 0)
}

func TestAtEveryInstantOnePersonIsOnDutyAndAllFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, now := aRotation(t), anInstant(t)
		line, people := r.Line("duty", now), r.Roles["duty"].Rotation.People
		if len(line) < len(people) {
			t.Fatalf("line %v of %v", line, people)
		}
		slices.Sort(line)
		if len(slices.Compact(line)) != len(r.Line("duty", now)) {
			t.Fatalf("somebody stands in the line twice: %v", line)
		}
		for _, p := range people {
			if !r.Holds(p, "duty", now) {
				t.Fatalf("%s is missing from %v", p, line)
			}
		}
	})
}

// A turn ends at a handover and nowhere else, whatever the clocks do: walking through it in quarters of an hour, duty
// changes at most once in `every` days, and then at the local time of the handover.
func TestDutyChangesOnlyAtTheHandover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := aRotation(t)
		o := r.Roles["duty"].Rotation
		o.Overrides = nil
		from := anInstant(t).Truncate(15 * time.Minute)
		var changes []time.Time
		for now := from; now.Before(from.Add(3 * o.Every)); now = now.Add(15 * time.Minute) {
			if r.Line("duty", now)[0] == r.Line("duty", now.Add(15*time.Minute))[0] {
				continue
			}
			changes = append(changes, now)
		}
		if len(o.People) > 1 && (len(changes) < 2 || len(changes) > 4) { // a change of the clocks makes a turn an hour shorter or longer
			t.Fatalf("duty changed %d times in the time of three turns: %v", len(changes), changes)
		}
		for _, c := range changes {
			if !o.handsOverWithin(c, c.Add(15*time.Minute)) {
				t.Fatalf("duty changed between %v and 15 minutes later in %s, the handover is at %s", c.In(o.zone), o.Zone, o.Handover)
			}
		}
	})
}

// handsOverWithin asks the calendar, day by day: is there a handover of any local date in (from, to]?
func (r *Rotation) handsOverWithin(from, to time.Time) bool {
	y, m, d := from.In(r.zone).Date()
	for days := -2; days <= 2; days++ {
		at := wall(y, m, d+days, r.handover, r.zone)
		if at.After(from) && !at.After(to) {
			return true
		}
	}
	return false
}

func TestAHandoverThatTheClocksSkipIsAsMuchLater(t *testing.T) {
	berlin, _ := zoneOf("Europe/Berlin")
	apia, _ := zoneOf("Pacific/Apia")
	samples := []struct {
		zone    *time.Location
		y, m, d int
		minutes int
		want    string
	}{
		{berlin, 2026, 3, 29, 2*60 + 30, "2026-03-29T03:30:00+02:00"},  // skipped
		{berlin, 2026, 3, 29, 1*60 + 59, "2026-03-29T01:59:00+01:00"},  // just before
		{berlin, 2026, 3, 29, 3 * 60, "2026-03-29T03:00:00+02:00"},     // just after
		{berlin, 2026, 10, 25, 2*60 + 30, "2026-10-25T02:30:00+02:00"}, // shown twice: the first
		{berlin, 2026, 10, 25, 3 * 60, "2026-10-25T03:00:00+01:00"},    // shown once
		{apia, 2011, 12, 30, 9 * 60, "2011-12-31T09:00:00+14:00"},      // a day that never was
		{time.UTC, 2026, 3, 29, 2*60 + 30, "2026-03-29T02:30:00Z"},     // never changes
	}
	for _, s := range samples {
		got := wall(s.y, time.Month(s.m), s.d, s.minutes, s.zone).Format(time.RFC3339)
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Errorf("%d-%d-%d %d minutes after midnight (-want +got):\n%s", s.y, s.m, s.d, s.minutes, diff)
		}
	}
}

func TestTheJournalsCopyNamesTheSamePeopleAtEveryInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := house
		r, _ := Parse("people.yaml", []byte(text))
		copied, problems := Parse("people.yaml", Redact([]byte(text)))
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		now := anInstant(t)
		for role := range r.Roles {
			if diff := cmp.Diff(r.Line(role, now), copied.Line(role, now)); diff != "" {
				t.Fatalf("%s at %v (-want +got):\n%s", role, now, diff)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(house)
	f.Fuzz(func(t *testing.T, text string) {
		r, problems := Parse("people.yaml", []byte(text))
		_ = problems.Error()
		copied, of := Parse("people.yaml", Redact([]byte(text)))
		if problems.HasErrors() {
			return
		}
		if of.HasErrors() {
			t.Fatalf("the journal's copy is wrong:\n%v", of)
		}
		for role := range r.Roles {
			if now := time.Unix(1_790_000_000, 0); !slices.Equal(r.Line(role, now), copied.Line(role, now)) || len(r.Line(role, now)) == 0 {
				t.Fatalf("%s is held by %v, by the journal's copy by %v", role, r.Line(role, now), copied.Line(role, now))
			}
		}
	})
}
