package detector

import (
	"cmp"
	"math"
	"slices"
	"strings"
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

	seen   bool   // observers say, now, of as many of its components as an impaired site takes that they are down
	seenBy string // of these, those without whom they would not be as many; sorted, with blanks between
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
	reporters  map[string]int // of those down: how many each observer says are
	witnessed  int            // of those firmly down: how many an observer says are, now
	sole       map[string]int // of these: how many each observer alone says are
}

func newTally() tally {
	return tally{classes: map[string]int{}, reporters: map[string]int{}, sole: map[string]int{}}
}

// A witnessing is what one component adds to a tally.
type witnessing struct {
	cell  cell
	class string
	by    []string // who says that it is down
	seers int      // of these, how many have a name and have not fallen silent since
	seer  string   // one of them
}

// inferred tests a domain's components. Components that responders switched off, or that only count as down because
// nobody has seen them for long, are no evidence.
func (v *view) inferred(id string) line[loss] {
	members := v.d.book.membersOf(id)
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
		for _, voice := range v.spoken(m) {
			for _, s := range voice.line {
				changes = append(changes, change{s.from, i})
			}
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	now, t := make([]witnessing, len(members)), newTally()
	var l line[loss]
	for i, c := range changes {
		is := v.witnessing(members[c.member], c.at)
		t.count(now[c.member], -1)
		t.count(is, +1)
		now[c.member] = is
		if i+1 == len(changes) || changes[i+1].at != c.at {
			l = l.to(c.at, v.test(len(members), t))
		}
	}
	return l
}

func (v *view) witnessing(component string, at int64) witnessing {
	w := witnessing{cell: v.component(component).at(at), class: v.d.book.Components[component].Class}
	for _, voice := range v.spoken(component) {
		if u := voice.line.at(at); !u.nameless && (u.word == isDown || u.word == heldDown) {
			w.by = append(w.by, voice.observer)
			if u.word == isDown && voice.observer != "" {
				w.seers, w.seer = w.seers+1, voice.observer
			}
		}
	}
	return w
}

func evidence(c cell) bool {
	return c.grade == down && c.marks&(intentional|presumed) == 0
}

func (t *tally) count(w witnessing, by int) {
	if !evidence(w.cell) {
		return
	}
	t.down += by
	add(t.classes, w.class, by)
	for _, o := range w.by {
		add(t.reporters, o, by)
	}
	if w.cell.marks&held != 0 {
		return
	}
	t.firm += by
	if w.seers > 0 {
		t.witnessed += by
	}
	if w.seers == 1 {
		add(t.sole, w.seer, by)
	}
}

func add(counts map[string]int, of string, by int) {
	if counts[of] += by; counts[of] == 0 {
		delete(counts, of)
	}
}

// test is domain section 5, site_loss_inferred, and the share of facility_impaired.
func (v *view) test(members int, t tally) loss {
	c := v.d.book.Criteria.SiteLossInferred
	enough := func(n int) bool { return n >= c.Components && reaches(n, members, c.Share) }
	half := func(n int) bool { return n > 0 && reaches(n, members, v.d.book.Criteria.FacilityImpaired.Share) }
	l := loss{impaired: half(t.down), shaky: half(t.down) && !half(t.firm)}
	l.inferred = enough(t.down) && len(t.classes) >= c.Classes && len(t.reporters) >= c.Observers
	l.held = l.inferred && !enough(t.firm)
	if l.seen = half(t.witnessed); l.seen {
		var by []string
		for o, n := range t.sole { // few, and most often none
			if !half(t.witnessed - n) {
				by = append(by, o)
			}
		}
		slices.Sort(by)
		l.seenBy = strings.Join(by, " ")
	}
	return l
}

// reaches reports whether n of all is at least a share.
func reaches(n, all int, share float64) bool {
	return all > 0 && float64(n) >= math.Ceil(share*float64(all)-1e-9)
}
