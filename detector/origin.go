package detector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Origin is where t0 comes from: which service went first, and by which statements of whom.
type Origin struct {
	At      time.Time   `json:"at"`                // t0
	Service string      `json:"service,omitempty"` // the first below its MBCO, or else the first impaired; empty: it is about observers
	Said    []Statement `json:"said,omitempty"`    // what set it, of many the first; empty where nobody said anything
	How     string      `json:"how"`               // a sentence: how those statements came to that instant
}

// A Statement is what an observer said, and from when on it counts.
type Statement struct {
	Of       string    `json:"of"`                 // a component, a service as a whole, or data
	Observer string    `json:"observer,omitempty"` // empty: nobody owned up; "people": a person, by the log of decisions
	Says     string    `json:"says"`
	Own      time.Time `json:"own"`      // the sender's own time of it
	Received time.Time `json:"received"` // when it was heard
	Counts   time.Time `json:"counts"`   // from when on it counts; earlier than received: backdated
	Suspect  bool      `json:"clock_suspect,omitempty"`
}

// statementsMost bounds what is told of where t0 comes from.
const statementsMost = 3

// origin is where a situation's t0 comes from.
func (s situation) origin(v Verdict, t int64) Origin {
	o, at := Origin{At: v.Since}, instant(v.Since)
	for _, n := range s.nodes {
		if n.j == nil {
			if n.from == at {
				o.How = n.name + " was last heard before it"
				return o
			}
			continue
		}
		for _, tr := range n.troubles {
			if tr.from == at && o.Service == "" {
				o.Service = n.name
			}
			for _, e := range tr.episodes {
				if e.from == at && e.from <= t {
					o.Service = n.name
					if e.movedBy != "" {
						o.How = fmt.Sprintf("%s said that the outage began then, which moves t0 further back than monitoring may", e.movedBy)
						return o
					}
					return s.d.judged[o.Service].origin(o, at)
				}
			}
		}
	}
	if o.Service == "" {
		return o
	}
	return s.d.judged[o.Service].origin(o, at)
}

func (j *judged) origin(o Origin, t int64) Origin {
	d := j.view.d
	for _, root := range j.view.roots(j.id, t) {
		if by := d.parts[root].switchedOffBy(t); by != "" {
			o.How = fmt.Sprintf("%s was switched off by %s", root, by)
			return o
		}
		o.Said = append(o.Said, d.accusations(root, j.view, t)...)
	}
	o.Said = append(o.Said, d.tampered(j, t)...)
	slices.SortStableFunc(o.Said, func(a, b Statement) int {
		return cmp.Or(b.Counts.Compare(a.Counts), cmp.Compare(a.Of, b.Of), cmp.Compare(a.Observer, b.Observer))
	})
	if last := slices.IndexFunc(o.Said, func(s Statement) bool { return s.Counts.Before(o.Said[0].Counts) }); last > 0 {
		o.Said = o.Said[:last]
	}
	o.Said = slices.Clip(o.Said[:min(len(o.Said), statementsMost)])
	o.How = j.how(o, t)
	return o
}

// how says how statements came to a t0.
func (j *judged) how(o Origin, t int64) string {
	if len(o.Said) == 0 {
		return "nobody said so: its observers could not see it"
	}
	s := o.Said[0]
	backdate := words(j.objectives.MaxBackdate)
	switch counts := instant(s.Counts); {
	case counts < t && j.state.best.at(t-1) == down:
		return "what was heard of late puts it earlier still; a message moves t0 back by at most " + backdate
	case counts < t:
		return "the loss that was said to begin at " + written(counts) + " was tolerated, or planned, until then"
	case s.Suspect:
		return "the sender gave no time that can be believed (clock_suspect): the time of receipt counts"
	case s.Own.Before(s.Counts) && s.Counts.Before(s.Received):
		return fmt.Sprintf("backdated by %s, which is as far as a message moves t0; the sender's own time is %s", backdate, written(instant(s.Own)))
	case s.Own.Before(s.Counts):
		return "a state never begins before the one that it replaces"
	case s.Counts.Before(s.Received):
		return fmt.Sprintf("the sender's own time, %s before it was heard", words(s.Received.Sub(s.Counts).Round(time.Millisecond)))
	}
	return "said and heard at that instant"
}

// accusations is what was said of a component, or of a service as a whole, that makes it worse than up at an instant.
func (d *Detector) accusations(id string, v *view, t int64) []Statement {
	var all []Statement
	p := d.parts[id]
	if p == nil {
		return nil
	}
	least := isDegraded
	if v.component(id).at(t).grade == down {
		least = isDown
	}
	for _, by := range p.said {
		all = append(all, d.accusation(id, by, v.lens, least, t)...)
	}
	return all
}

// accusation is the first that one speaker said to that effect; what only repeats it later sets nothing.
func (d *Detector) accusation(id string, by *speech, l lens, least word, t int64) []Statement {
	var first []Statement
	d.memory.each(by, func(_ uint32, said history[word]) {
		for _, s := range said.laid(l) {
			if !s.has(t) || s.said.value < least || s.said.value == resolved {
				continue
			}
			one := stated(id, by.observer, wordNames[s.said.value], s)
			if len(first) == 0 || one.before(first[0]) {
				first = []Statement{one}
			}
		}
	})
	return first
}

// before reports whether a statement rather than another, of the same speaker, sets when something begins.
func (s Statement) before(o Statement) bool {
	return cmp.Or(s.Counts.Compare(o.Counts), s.Received.Compare(o.Received), s.Own.Compare(o.Own), cmp.Compare(s.Says, o.Says)) < 0
}

func stated[V cmp.Ordered](id, observer, says string, s stretch[V]) Statement {
	return Statement{Of: id, Observer: observer, Says: says, Own: clock(s.said.own), Received: clock(s.said.heard), Counts: clock(s.from), Suspect: s.said.suspect}
}

// tampered is what was said of data that a service holds, and that is compromised at an instant.
func (d *Detector) tampered(j *judged, t int64) []Statement {
	var all []Statement
	for _, data := range d.held(j) {
		for _, key := range sorted(d.data[data]) {
			for _, s := range d.data[data][key].laid(j.view.lens) {
				if s.has(t) && s.said.value == dataCompromised {
					observer, _, _ := strings.Cut(key, "\x00")
					all = append(all, stated(data, observer, conditionNames[dataCompromised], s))
				}
			}
		}
	}
	return all
}
