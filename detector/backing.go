package detector

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/internal/planted"
)

// Whoever has stolen the credential of one sender must not have a disaster declared, and acted on, without a person. Of
// components, and of services as a whole, quorums see to that. That a site is lost, that data is unusable and that an outage will
// last are words of their own: one voice is enough for each to count and to be recommended. To be declared by without a
// person it takes a second: another observer that says so too, a person, or, of a site, others who say of as much of what
// stands there that it is down as an impaired site takes (criteria.facility_impaired.share).

// signallers are who says that something is at least as bad as that at an instant, sorted; "" is nobody in particular. A
// person who says so is told apart.
func signallers[V facility | integrity](all sayings[V], l lens, least V, t int64) (observers []string, person bool) {
	for key, said := range all {
		switch {
		case said.valueAt(l, t) < least:
		case key == people:
			person = true
		default:
			observer, _, _ := strings.Cut(key, "\x00")
			observers = append(observers, observer)
		}
	}
	slices.Sort(observers)
	return slices.Compact(observers), person
}

// several reports whether so many speak that one stolen credential is not enough: what nobody owns up to may be anybody's.
func several(observers []string) bool {
	return len(observers) > 2 || len(observers) == 2 && observers[0] != "" || planted.Is(planted.OneVoice)
}

// named is who speaks, for people.
func named(observers []string) string {
	return and(slices.Collect(func(yield func(string) bool) {
		for _, o := range observers {
			if o == "" {
				o = "an unnamed observer"
			}
			if !yield(o) {
				return
			}
		}
	}))
}

// alone is why that a site is lost, or at least impaired, is not enough to act on without people; empty: more than one voice
// says so, or others have seen it.
func (v *view) alone(site string, least facility, t int64) string {
	observers, person := signallers(v.d.sites[site], v.lens, least, t)
	if len(observers) == 0 || person || several(observers) {
		return ""
	}
	if l := v.domain(site).at(t); l.seen && !v.d.book.indispensable(observers[len(observers)-1], l.seenBy) {
		return ""
	}
	share := v.d.book.Criteria.FacilityImpaired.Share
	return fmt.Sprintf("only %s says that %s is %s, and one voice alone declares nothing: it takes a second observer, a person (holdfast facility), or others who say that %.0f%% of what stands there is down",
		named(observers), site, facilityNames[least], 100*share)
}

// indispensable reports whether too little of a site would be seen without the one who speaks of it. An observer that signs is
// nobody in particular where it does not: what nobody owns up to may be said by each of those.
func (b *book) indispensable(speaker, seenBy string) bool {
	return slices.ContainsFunc(strings.Fields(seenBy), func(o string) bool {
		return o == speaker || speaker == "" && b.Observers[o].Key != ""
	})
}

// aloneOf is the same of data that is unusable, and of its recovery points: whoever tells of an older one than was told of before
// may be wrong, or lie.
func (d *Detector) aloneOf(data string, l lens, t int64) string {
	observers, person := signallers(d.data[data], l, dataUnusable, t)
	if len(observers) == 0 || person || several(observers) {
		return ""
	}
	return fmt.Sprintf("only %s says that %s is unusable, and one voice alone declares nothing: it takes a second observer, or a person (holdfast data)", named(observers), data)
}

// newestPoint is the newest recovery point of data that anybody had told of by an instant; 0: none.
func (d *Detector) newestPoint(data string, t int64) (newest int64) {
	for _, s := range d.points[data] {
		if s.heard <= t {
			newest = max(newest, s.value)
		}
	}
	return newest
}

// alonePromised is the same of estimates that put the end of an outage after an instant: they are of one source alone.
func (d *Detector) alonePromised(service string, since, t, deadline int64) string {
	last := map[string]remark{}
	for _, r := range d.remarks[service] {
		if r.counts && r.heard >= since && r.heard <= t {
			last[r.by] = r
		}
	}
	var late []string
	for _, by := range sorted(last) {
		if r := last[by]; r.end > deadline {
			if r.person {
				return ""
			}
			late = append(late, by)
		}
	}
	if len(late) == 0 || several(late) {
		return ""
	}
	return fmt.Sprintf("only %s estimates the end of %s's outage so late, and one voice alone declares nothing: it takes a second source, or a person (holdfast estimate)", named(late), service)
}
