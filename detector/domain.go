package detector

import (
	"cmp"
	"math"
	"slices"
)

// A facility signal, the worse the greater.
type facility uint8

const (
	facilityOK facility = iota
	facilityImpaired
	facilityLost
)

var facilityNames = [...]string{"ok", "impaired", "lost"}

// A loss is what is known of a failure domain at an instant.
type loss struct {
	signal   facility
	inferred bool // the test of site_loss_inferred holds for its components
	impaired bool // so many of its components are down that a signal "impaired" counts
	held     bool // without held-down evidence the test would not hold
	shaky    bool // without held-down evidence too few would be down
}

func (l loss) lost() bool { return l.signal == facilityLost || l.inferred }

// sayings are what several speakers said on one subject; each alert of a speaker is told apart.
type sayings[V facility | integrity] map[string]history[V]

// worst is the worst of what they say, in time.
func worst[V facility | integrity](s sayings[V], l lens) line[V] {
	var lines []line[V]
	for _, key := range sorted(s) {
		lines = append(lines, s[key].line(l))
	}
	return combine(lines, func(all []V) V {
		var most V
		for _, v := range all {
			most = max(most, v)
		}
		return most
	})
}

// domain is one failure domain in time.
func (v *view) domain(id string) line[loss] {
	if l, ok := v.lost[id]; ok {
		return l
	}
	signal := remap(worst(v.d.sites[id], v.lens), func(f facility) loss { return loss{signal: f} })
	l := combine([]line[loss]{signal, v.inferred(id)}, func(both []loss) loss {
		l := both[1]
		l.signal = both[0].signal
		return l
	})
	v.lost[id] = l
	return l
}

// A tally counts a domain's components while a line is drawn.
type tally struct {
	down, firm int            // components down; of those, not on held-down evidence
	classes    map[string]int // of those down
}

// inferred tests a domain's components. Components that responders switched off, or that only count as down because
// nobody has seen them for long, are no evidence.
func (v *view) inferred(id string) line[loss] {
	members := v.d.book.Members(id)
	if len(members) == 0 {
		return nil
	}
	type change struct {
		at     int64
		member int
	}
	var changes []change
	for i, m := range members {
		for _, s := range v.component(m) {
			changes = append(changes, change{s.from, i})
		}
		for _, voice := range v.spoken[m] {
			for _, s := range voice.line {
				changes = append(changes, change{s.from, i})
			}
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	now, t := make([]cell, len(members)), tally{classes: map[string]int{}}
	var l line[loss]
	for i, c := range changes {
		is := v.component(members[c.member]).at(c.at)
		t.count(now[c.member], v.d.book.Components[members[c.member]].Class, -1)
		t.count(is, v.d.book.Components[members[c.member]].Class, +1)
		now[c.member] = is
		if i+1 == len(changes) || changes[i+1].at != c.at {
			l = l.to(c.at, v.test(members, now, t, c.at))
		}
	}
	return l
}

func evidence(c cell) bool {
	return c.grade == down && c.marks&(intentional|presumed) == 0
}

func (t *tally) count(c cell, class string, by int) {
	if !evidence(c) {
		return
	}
	t.down += by
	t.classes[class] += by
	if t.classes[class] == 0 {
		delete(t.classes, class)
	}
	if c.marks&held == 0 {
		t.firm += by
	}
}

// test is domain section 5, site_loss_inferred, and the share of facility_impaired.
func (v *view) test(members []string, now []cell, t tally, at int64) loss {
	c := v.d.book.Criteria.SiteLossInferred
	enough := func(n int) bool { return n >= c.Components && reaches(n, len(members), c.Share) }
	half := func(n int) bool { return n > 0 && reaches(n, len(members), v.d.book.Criteria.FacilityImpaired.Share) }
	l := loss{impaired: half(t.down), shaky: half(t.down) && !half(t.firm)}
	l.inferred = enough(t.down) && len(t.classes) >= c.Classes && v.reporters(members, now, at) >= c.Observers
	l.held = l.inferred && !enough(t.firm)
	return l
}

// reaches reports whether n of all is at least a share.
func reaches(n, all int, share float64) bool {
	return all > 0 && float64(n) >= math.Ceil(share*float64(all)-1e-9)
}

// reporters counts the observers that say of any of the components that are down that they are.
func (v *view) reporters(members []string, now []cell, at int64) int {
	return len(v.reporting(members, now, at))
}

func (v *view) reporting(members []string, now []cell, at int64) []string {
	who := map[string]bool{}
	for i, m := range members {
		if !evidence(now[i]) {
			continue
		}
		for _, voice := range v.spoken[m] {
			if u := voice.line.at(at); !u.nameless && (u.word == isDown || u.word == heldDown) {
				who[voice.observer] = true
			}
		}
	}
	return sorted(who)
}
