package detector

import (
	"errors"
	"fmt"
	"slices"

	"holdfast/bia/condition"
)

// A factSheet answers what conditions ask, every unknown taken as up, or as down.
type factSheet struct {
	d        *Detector
	worst    bool         // unknown is taken as down
	blind    bool         // something that was asked about is unknown
	supposed *supposition // what is otherwise than it is; nil: nothing

	everybody bool // also of services that were never in trouble
}

// Fact is one fact at an instant.
func (f *factSheet) Fact(of condition.Kind, id, field string, t int64) condition.Fact {
	switch of {
	case condition.Service:
		return f.service(id, field, t)
	case condition.Component:
		return f.component(id, field, t)
	case condition.Site:
		return f.site(id, field, t)
	case condition.Data:
		return f.data(id, field, t)
	case condition.Observer:
		silent := f.d.silences(id)
		if f.supposed != nil && f.supposed.heard == id {
			silent = nil
		}
		return condition.Fact{Value: silent.has(t), Until: silent.next(t)}
	}
	if field == "now" {
		return condition.Fact{Value: condition.Instant{At: t, Rate: 1}, Until: never}
	}
	return f.count(field == "vital_down", t)
}

// seen is one of two, as unknown is taken.
func (f *factSheet) seen(best, worst grade) grade {
	f.blind = f.blind || best != worst
	if f.worst {
		return worst
	}
	return best
}

// state is a service in time, and what was made of it, if anything.
func (f *factSheet) state(id string) (both, *judged) {
	if j := f.d.judged[id]; j != nil {
		return j.state, j
	}
	if f.everybody && f.d.book.isService(id) {
		return f.d.plain.service(id), nil
	}
	return both{}, nil
}

// of is a service's state at an instant, every unknown taken as up and as down.
func (f *factSheet) of(state both, j *judged, t int64) (best, worst grade) {
	if j == nil || f.supposed == nil {
		return state.at(t)
	}
	return f.supposed.service(viewpoint{v: j.view, id: j.id}), f.supposed.service(viewpoint{j.view, j.id, true})
}

func (f *factSheet) service(id, field string, t int64) condition.Fact {
	state, j := f.state(id)
	best, worst := f.of(state, j, t)
	until := min(state.best.next(t), state.worst.next(t))
	switch field {
	case "state":
		return condition.Fact{Value: string(states[f.seen(best, worst)]), Until: until}
	case "certainly_down":
		return condition.Fact{Value: best == down, Until: until}
	case "unknown":
		return condition.Fact{Value: best != worst, Until: until}
	case "vital":
		return condition.Fact{Value: f.d.book.objectives[id].Vital, Until: never}
	case "rto":
		return condition.Fact{Value: orFar(int64(f.d.book.objectives[id].RTO)), Until: never}
	case "down_for", "degraded_for":
		return f.lasting(state, j, field == "down_for", t)
	}
	return f.clocks(j, field, t)
}

func orFar(length int64) condition.Span {
	if length == 0 {
		length = condition.Far
	}
	return condition.Span{Length: length}
}

// lasting is how long a service is down, or degraded or down, counted from when its outage, or its trouble, began: shorter
// gaps than recover_for do not begin it anew. While it is not, that is nothing.
func (f *factSheet) lasting(state both, j *judged, isDown bool, t int64) condition.Fact {
	least := degraded
	if isDown {
		least = down
	}
	best, worst := f.of(state, j, t)
	until := min(state.best.next(t), state.worst.next(t))
	is := f.seen(min(best, least), min(worst, least))
	switch {
	case is < least:
		return condition.Fact{Value: condition.Span{}, Until: until}
	case best < least:
		return growing(t, startOf(state.worst.where(atLeast(least)), t), until)
	}
	from := startOf(state.best.where(atLeast(least)), t)
	if j == nil {
		return growing(t, from, until)
	}
	for _, tr := range j.troubles {
		if !isDown && tr.has(t) {
			from = tr.from
		}
		for _, e := range tr.episodes {
			if isDown && e.has(t) {
				from = e.from
			}
		}
	}
	return growing(t, from, until)
}

// growing is a time that has passed since an instant; since ever is no time that anybody knows.
func growing(t, from, until int64) condition.Fact {
	if from == ever {
		return condition.Fact{Value: condition.Span{Length: condition.Far}, Until: until}
	}
	return condition.Fact{Value: condition.Span{Length: t - from, Rate: 1}, Until: until}
}

// clocks are the facts of a service's present outage; what there is none of is further away than anything.
func (f *factSheet) clocks(j *judged, field string, t int64) condition.Fact {
	out := condition.Fact{Until: never}
	var open *episode
	if j != nil {
		for _, tr := range j.troubles {
			for i, e := range tr.episodes {
				for _, border := range []int64{e.from, e.to, e.confirmed.next(t)} {
					if border > t {
						out.Until = min(out.Until, border)
					}
				}
				if e.has(t) {
					open = &tr.episodes[i]
				}
			}
		}
	}
	at := int64(condition.Far)
	switch {
	case field == "confirmed":
		out.Value = open != nil && open.confirmed.has(t) && (f.supposed == nil || f.supposed.stays(j, down))
		return out
	case open == nil:
	case field == "since":
		at = open.from
	case open.clocks.Deadline.IsZero():
	case field == "deadline":
		at = instant(open.clocks.Deadline)
	case !open.clocks.RTCKnown:
		out.Err = fmt.Errorf("nobody knows how long the recovery of %s takes (RTC), so it has no latest time to invoke", j.id)
	default:
		at = instant(open.clocks.LTI)
	}
	out.Value = condition.Instant{At: at}
	if field == "time_to_lti" {
		left := condition.Span{Length: condition.Far}
		if at < condition.Far {
			left = condition.Span{Length: at - t, Rate: -1}
		}
		out.Value = left
	}
	return out
}

func (f *factSheet) component(id, field string, t int64) condition.Fact {
	l := f.d.plain.component(id)
	is, until := l.at(t), l.next(t)
	if f.supposed != nil {
		is = f.supposed.cell(f.d.plain, id)
	}
	switch field {
	case "unknown":
		return condition.Fact{Value: is.unknown, Until: until}
	case "state":
		return condition.Fact{Value: string(states[f.seen(is.best(), is.worst())]), Until: until}
	}
	if f.seen(is.best(), is.worst()) < down {
		return condition.Fact{Value: condition.Span{}, Until: until}
	}
	way := cell.best
	if is.best() < down {
		way = cell.worst
	}
	return growing(t, startOf(l.where(func(c cell) bool { return way(c) == down }), t), until)
}

func (f *factSheet) site(id, field string, t int64) condition.Fact {
	l := f.d.plain.domain(id)
	is := l.at(t)
	if f.supposed != nil {
		is = f.supposed.domain(f.d.plain, id)
	}
	switch field {
	case "signal":
		return condition.Fact{Value: facilityNames[is.signal], Until: l.next(t)}
	case "lost":
		return condition.Fact{Value: is.lost(), Until: l.next(t)}
	}
	members := f.d.book.membersOf(id)
	if len(members) == 0 {
		return condition.Fact{Value: 0.0, Until: never}
	}
	counts := f.d.downAt(id)
	best, worst := counts.best.at(t), counts.worst.at(t)
	if f.supposed != nil && slices.Contains(members, f.supposed.up) {
		was := f.d.plain.component(f.supposed.up).at(t)
		best, worst = best-one(was.best() == down), worst-one(was.worst() == down)
	}
	until := min(counts.best.next(t), counts.worst.next(t))
	f.blind = f.blind || best != worst
	if f.worst {
		best = worst
	}
	return condition.Fact{Value: float64(best) / float64(len(members)), Until: until}
}

func (f *factSheet) data(id, field string, t int64) condition.Fact {
	if field == "condition" {
		l := worst(f.d.data[id], plain)
		is := l.at(t)
		if f.supposed != nil && f.supposed.usable == id {
			is = dataOK
		}
		return condition.Fact{Value: conditionNames[is], Until: l.next(t)}
	}
	points := f.d.points[id].line(asKnown)
	at, until := points.at(t), points.next(t)
	switch {
	case at == 0:
		return condition.Fact{Until: until, Err: errors.New("no recovery point of " + id + " is known")}
	case field == "age":
		return growing(t, at, until)
	}
	return condition.Fact{Value: condition.Instant{At: at}, Until: until}
}

// count is how many services are down, all or the vital ones.
func (f *factSheet) count(vital bool, t int64) condition.Fact {
	n, until := int64(0), int64(never)
	for _, id := range f.d.book.judged {
		j := f.d.judged[id]
		if j == nil || vital && !j.objectives.Judged() {
			continue
		}
		best, worst := f.of(j.state, j, t)
		until = min(until, j.state.best.next(t), j.state.worst.next(t))
		if f.seen(min(best, down), min(worst, down)) == down {
			n++
		}
	}
	return condition.Fact{Value: n, Until: until}
}

// A tallies is how many components of a failure domain are down in time, every unknown taken as up and as down.
type tallies struct{ best, worst line[int] }

// downAt counts a site's components that are down; kept for as long as the scene is not drawn anew.
func (d *Detector) downAt(site string) tallies {
	if known, ok := d.tallies[site]; ok {
		return known
	}
	var best, worst []line[grade]
	for _, m := range d.book.membersOf(site) {
		b := d.plain.member(m, true)
		best, worst = append(best, b.best), append(worst, b.worst)
	}
	downs := func(counts *[kinds]int) int { return counts[down] }
	t := tallies{census(best, grade.index, downs), census(worst, grade.index, downs)}
	d.tallies[site] = t
	return t
}

var conditionNames = [...]string{"ok", "unusable", "compromised"}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
