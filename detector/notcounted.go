package detector

import (
	"fmt"
	"slices"
	"time"
)

// notCounted is what was seen of a situation and did not count, and why; sorted, and of many only the first.
func (s situation) notCounted(t int64) []string {
	var all []string
	seen := map[string]bool{}
	for _, n := range s.nodes {
		if n.j == nil || seen[n.name] {
			continue
		}
		seen[n.name] = true
		all = append(all, n.j.notCounted(s.d, t)...)
		for _, id := range s.d.book.below(n.name) {
			if !seen[id] {
				seen[id] = true
				all = append(all, s.d.doubtful(n.j.view, id, t)...)
			}
		}
	}
	slices.Sort(all)
	const few = 20
	if len(all) > few {
		all = append(all[:few], fmt.Sprintf("and %d more", len(all)-few))
	}
	return all
}

// notCounted is what did not count of one service.
func (j *judged) notCounted(d *Detector, t int64) []string {
	var all []string
	if !j.objectives.Judged() {
		why := "it is not vital"
		if j.objectives.Vital {
			why = "it has no objectives"
		}
		all = append(all, fmt.Sprintf("%s cannot be more than an incident: %s", j.id, why))
	}
	all = append(all, d.hearsay(j, t)...)
	if d.parts[j.id] != nil && j.view.component(j.id).at(t).marks&lone != 0 {
		all = append(all, fmt.Sprintf("%s; it counts as down, and that alone is recommended, never automatic", d.fewSay(j.view, j.id, t)))
	}
	all = append(all, d.voided(j.id, t)...)
	for _, w := range d.expecting(j.id) {
		if raw := j.view.raw(j.id).best.at(t); j.view.excused(w).has(t) && raw > j.state.best.at(t) {
			all = append(all, fmt.Sprintf("%s is %s by planned maintenance %s until %s", j.id, states[raw], w.change, written(w.to)))
		}
	}
	for _, n := range d.book.needs[j.id] {
		if n.tolerates == 0 {
			continue
		}
		at := n
		at.tolerates = 0
		if lost := j.view.need(at).best.at(t); lost > j.view.need(n).best.at(t) {
			all = append(all, fmt.Sprintf("%s holds out %s without %s", j.id, words(time.Duration(n.tolerates)), and(n.members)))
		}
	}
	return all
}

// doubtful is what does not count, or not fully, of a component.
func (d *Detector) doubtful(v *view, id string, t int64) []string {
	c := v.component(id).at(t)
	var all []string
	say := func(format string, args ...any) {
		all = append(all, id+" "+fmt.Sprintf(format, args...))
	}
	if c.unknown {
		say("is unknown: nobody who is heard can see it; judged as up and as down")
	}
	if c.marks&disputed != 0 {
		say("counts as up: only %s, and %s of its observers must say so", d.accusers(v, id, t), number(d.book.quorum(id)))
	}
	if c.marks&held != 0 {
		say("is held down: its observers fell silent after they said so; recommended, never automatic")
	}
	if c.marks&presumed != 0 {
		say("counts as down because nobody has seen it for %s; that alone is never a disaster", words(d.book.Defaults.Unknown.DownAfter))
	}
	if c.marks&intentional != 0 {
		say("was switched off by %s: down for services, no evidence of a lost domain", d.parts[id].switchedOffBy(t))
	}
	for _, o := range d.strangers[id] {
		say("was spoken of by %s, which is not one of its observers", o)
	}
	for _, o := range d.spokenFor[id] {
		say("was spoken of as if by %s, on a subject that is not its (speaks_on)", o)
	}
	return all
}

func number(n int) string { return fmt.Sprint(n) }

// accusers says who says that a component is worse than it counts as.
func (d *Detector) accusers(v *view, id string, t int64) string {
	var who []string
	for _, voice := range v.spoken(id) {
		if w := voice.line.at(t).word; w >= isDegraded {
			name := voice.observer
			if name == "" {
				name = "an unnamed observer"
			}
			who = append(who, fmt.Sprintf("%s says %s", name, wordNames[w]))
		}
	}
	return and(who)
}

// fewSay says that too few say of a service as a whole that it is down.
func (d *Detector) fewSay(v *view, service string, t int64) string {
	return fmt.Sprintf("only %s of %s as a whole, and %s observers must say so", d.accusers(v, service, t), service, number(d.book.QuorumOfWhole(service)))
}

// switchedOffBy is who switched a component off, as it stood at an instant, and until when; empty: nobody.
func (p *part) switchedOffBy(t int64) string {
	if p == nil {
		return ""
	}
	when, marks := p.switchedOff()
	for i, s := range when {
		if s.has(t) {
			return fmt.Sprintf("%s until %s", marks[i].by, written(marks[i].until))
		}
	}
	return ""
}
