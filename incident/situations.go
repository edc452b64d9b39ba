package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
)

// byHand begins the key of an incident that a person declared without a situation of the detector.
const byHand = "by-hand/"

// A pairing says which situation each open incident follows, and which situations are new. A situation without an instant is
// as it stands whenever it is looked at.
type pairing struct {
	follows []following // in order of the seats
	fresh   []*detector.Verdict
	reading uint64    // of the situations it was made of
	about   *registry // of the incidents that follow them
	plain   bool      // each situation is one incident's or nobody's, and each incident has one: it rests on nothing else
	passing bool      // an incident follows a situation that the detector has forgotten: it goes by the facts
	until   time.Time // from when on other incidents that are over count; zero: always the same
}

// following is what the incident of a seat follows; nil: it goes on, and follows no situation.
type following struct {
	seat    int
	verdict *detector.Verdict
}

// of is what an incident follows, by its seat; false: it is not open.
func (p *pairing) of(seat int) (v *detector.Verdict, paired bool) {
	n, paired := slices.BinarySearchFunc(p.follows, seat, func(f following, seat int) int { return f.seat - seat })
	if paired {
		v = p.follows[n].verdict
	}
	return v, paired
}

// lasts reports whether a pairing is still the same at an instant if nothing else has changed.
func (p *pairing) lasts(now time.Time) bool {
	return !p.passing && (p.until.IsZero() || now.Before(p.until))
}

// pair matches the open incidents, the oldest first, with the detector's situations. An incident follows the situation
// of its key, one that absorbed it, and any that has a service of its own in common: a later relapse is a new episode of
// the same incident. Situations merge into the incident that was declared, else into the oldest; they are never split.
func pair(open []*Incident, known *register, ended []*Incident, verdicts []*detector.Verdict, facts detector.Facts) pairing {
	p := pairing{follows: make([]following, len(open)), plain: true}
	for n, i := range open {
		p.follows[n].seat = i.seat
	}
	more, into := map[int][]*detector.Verdict{}, map[int]string{} // by place: further situations, and the incident that it was merged into
	add := func(n int, v *detector.Verdict) {
		if one := &p.follows[n].verdict; *one == nil {
			*one = v
		} else {
			more[n] = append(more[n], v)
		}
	}
	for _, v := range verdicts {
		if !v.Open {
			continue
		}
		if sole, ok := known.sole(v); ok {
			add(sole, v)
			continue
		}
		owners := known.concerned(v, open)
		if len(owners) == 0 {
			if v.Level >= detector.Impaired && !stoodDown(ended, v) {
				p.fresh = append(p.fresh, v)
			}
			continue
		}
		p.plain = false
		add(owners[0], v)
		for _, other := range owners[1:] {
			if i := open[other]; i.Declared != nil {
				add(other, narrowed(*v, *i))
			} else {
				into[other] = open[owners[0]].ID
			}
		}
	}
	byKey := func(key string) *detector.Verdict {
		if at := slices.IndexFunc(verdicts, func(v *detector.Verdict) bool { return v.Key == key }); at >= 0 {
			return verdicts[at]
		}
		return nil
	}
	for n, i := range open {
		p.follow(n, i, more[n], into[n], byKey, facts)
	}
	return p
}

// follow settles what the open incident of a place follows beside the first situation that was found for it; byKey finds the situation
// of a key, open or not.
func (p *pairing) follow(n int, i *Incident, more []*detector.Verdict, into string, byKey func(string) *detector.Verdict, facts detector.Facts) {
	follows := &p.follows[n].verdict
	p.plain = p.plain && *follows != nil
	switch {
	case *follows != nil:
		*follows = together(i.Key, *follows, more)
	case into != "":
		v := over(i.Verdict, "merged into the incident "+into)
		*follows = &v
	case strings.HasPrefix(i.Key, byHand):
	default:
		if *follows = byKey(i.Key); *follows == nil {
			v := gone(i.Verdict, facts)
			*follows, p.passing = &v, true
		}
	}
}

// A register finds open incidents by what they are about: their places among the open ones, in order.
type register struct {
	keys, services table[places]
}

// places are a first one and others, in order: nearly always there is one alone.
type places struct {
	any   bool
	first int
	more  []int
}

func (p places) with(n int) places {
	switch {
	case !p.any:
		return places{any: true, first: n}
	case p.last() != n:
		p.more = append(p.more, n)
	}
	return p
}

func (p places) last() int {
	if len(p.more) > 0 {
		return p.more[len(p.more)-1]
	}
	return p.first
}

func (p places) add(to []int) []int {
	if p.any {
		to = append(append(to, p.first), p.more...)
	}
	return to
}

func registerOf(open []*Incident) *register {
	r := &register{keys: newTable[places](len(open)), services: newTable[places](len(open))}
	for n, i := range open {
		r.put(n, i)
	}
	return r
}

func (r *register) put(n int, i *Incident) {
	r.keys.put(i.Key, r.keys.of(i.Key).with(n))
	i.eachService(func(service string) { r.services.put(service, r.services.of(service).with(n)) })
}

// clone is a copy to try things out on.
func (r *register) clone() *register {
	return &register{keys: r.keys.clone(), services: r.services.clone()}
}

// sole is the place of the one open incident that a situation belongs to, where there is one and no other.
func (r *register) sole(v *detector.Verdict) (n int, ok bool) {
	n = -1
	one := func(p places) bool {
		switch {
		case !p.any:
			return true
		case len(p.more) > 0 || n >= 0 && n != p.first:
			return false
		}
		n = p.first
		return true
	}
	if len(v.Absorbed) > 0 || !one(r.keys.of(v.Key)) {
		return 0, false
	}
	for i := range v.Services {
		if !one(r.services.of(v.Services[i].Service)) {
			return 0, false
		}
	}
	return n, n >= 0
}

// concerned are the places of the open incidents that a situation belongs to, the leading one first.
func (r *register) concerned(v *detector.Verdict, open []*Incident) []int {
	owners := r.keys.of(v.Key).add(nil)
	for _, key := range v.Absorbed {
		owners = r.keys.of(key).add(owners)
	}
	for _, o := range v.Services {
		owners = r.services.of(o.Service).add(owners)
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	slices.SortStableFunc(owners, func(a, b int) int {
		return cmp.Or(first(open[a].Declared != nil, open[b].Declared != nil), first(open[a].Key == v.Key, open[b].Key == v.Key))
	})
	return owners
}

// A registry holds the register of all open incidents, once somebody has asked for it.
type registry struct{ of *register }

func (b *book) registered() *register {
	if b.about.of == nil {
		b.about.of = registerOf(b.living())
	}
	return b.about.of
}

// reregister brings the register up to a record: old is the incident before it, nil for one that was not there.
func (b *book) reregister(old, now *Incident) {
	switch {
	case old == nil && now.Open() && b.about.of != nil:
		all := b.about.of
		if b.trial {
			all = all.clone()
		}
		all.put(len(b.going)-1, now)
		b.about = &registry{all}
	case old == nil, old.Key != now.Key, old.Open() != now.Open(), !sameServices(old, now):
		b.about = &registry{} // a new one also where nobody has asked yet: a draft and its book would fill the same
	}
}

func sameServices(a, b *Incident) bool {
	was, is := a.services(), b.services()
	return slices.Equal(was, is) || slices.Equal(union(was, nil), union(is, nil))
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// services are all that the incident knows of: declared, measured, or in its situation.
func (i *Incident) services() (all []string) {
	i.eachService(func(service string) { all = append(all, service) })
	return all
}

func (i *Incident) eachService(do func(string)) {
	if i.Declared != nil {
		for n := range i.Declared.Services {
			do(i.Declared.Services[n].Service)
		}
	}
	for n := range i.Recoveries {
		do(i.Recoveries[n].Service)
	}
	for n := range i.Verdict.Services {
		do(i.Verdict.Services[n].Service)
	}
}

func (i Incident) knows(service string) bool {
	if i.named(service) {
		return true
	}
	_, clocked := i.Recovery(service)
	return clocked || has(i.Verdict, service)
}

func has(v detector.Verdict, service string) bool {
	return slices.ContainsFunc(v.Services, func(o detector.Outage) bool { return o.Service == service })
}

// stoodDown reports whether a person has ended the incident of a situation that has not got worse since.
func stoodDown(ended []*Incident, v *detector.Verdict) bool {
	for _, i := range slices.Backward(ended) {
		if i.Key != v.Key && !slices.Contains(v.Absorbed, i.Key) {
			continue
		}
		wider := slices.ContainsFunc(v.Services, func(o detector.Outage) bool { return !has(i.Verdict, o.Service) })
		worse := v.Current > i.Verdict.Current || !subset(v.Roots, i.Verdict.Roots) || !subset(v.Lost, i.Verdict.Lost)
		return !worse && !wider
	}
	return false
}

// narrowed is a situation as far as it concerns an incident that was declared on its own before it merged.
func narrowed(v detector.Verdict, i Incident) *detector.Verdict {
	v.Key = i.Key
	v.Services = slices.DeleteFunc(slices.Clone(v.Services), func(o detector.Outage) bool { return !i.knows(o.Service) })
	return &v
}

// together is what several situations say of one incident. The one that the incident already follows leads. One by itself is
// the very same value, so that it is seen at once that nothing has changed.
func together(key string, one *detector.Verdict, more []*detector.Verdict) *detector.Verdict {
	if len(more) == 0 {
		return one
	}
	parts := append([]*detector.Verdict{one}, more...)
	slices.SortStableFunc(parts, func(a, b *detector.Verdict) int {
		return cmp.Or(first(a.Key == key, b.Key == key), cmp.Compare(b.Current, a.Current))
	})
	all := *parts[0]
	for _, v := range parts[1:] {
		all.Level, all.Current = max(all.Level, v.Level), max(all.Current, v.Current)
		if v.Since.Before(all.Since) && !v.Since.IsZero() {
			all.Since, all.Explanation.Origin = v.Since, v.Explanation.Origin
		}
		all.Roots, all.Lost = union(all.Roots, v.Roots), union(all.Lost, v.Lost)
		for _, o := range v.Services {
			if !has(all, o.Service) {
				all.Services = append(slices.Clip(all.Services), o)
			}
		}
		all.Explanation.Criteria = append(slices.Clip(all.Explanation.Criteria), v.Explanation.Criteria...)
		all.Explanation.NotCounted = append(slices.Clip(all.Explanation.NotCounted), v.Explanation.NotCounted...)
		all.Explanation.Changes, all.Explanation.Unless = nil, "" // what flips one of them leaves the others
	}
	return &all
}

// union is sorted, without repetition.
func union(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// over is a verdict as it ends.
func over(v detector.Verdict, why string) detector.Verdict {
	v.Open, v.Current = false, detector.Event
	v.Explanation = detector.Explanation{Summary: why}
	return v
}

// gone is the end of a situation that the detector has forgotten, since it ended more than a day ago while nobody looked.
// Services that are at or above their MBCO now have recovered when they got there.
func gone(v detector.Verdict, facts detector.Facts) detector.Verdict {
	v = over(v, "the detector sees nothing of it any more")
	v.Services = slices.Clone(v.Services)
	for n := range v.Services {
		o, now := &v.Services[n], facts.ServiceState(v.Services[n].Service)
		if !o.Recovered && (now.State == detector.Up || now.State == detector.Degraded) {
			o.State, o.UpSince, o.Recovered, o.ConfirmedNow = now.State, later(o.Since, now.Since), true, false
		}
	}
	return v
}

// opening is the service that an incident is named after: a vital one first, then the one lost first.
func opening(v detector.Verdict) string {
	if len(v.Services) == 0 {
		return "monitoring"
	}
	return slices.MinFunc(v.Services, func(a, b detector.Outage) int {
		return cmp.Or(
			first(a.Objectives.Vital, b.Objectives.Vital),
			first(!a.Since.IsZero(), !b.Since.IsZero()),
			a.Since.Compare(b.Since),
			strings.Compare(a.Service, b.Service))
	}).Service
}

// idFor names an incident so that it can be read out on the phone: the service, and month and day of its opening.
func idFor(service string, opened time.Time, taken func(string) bool) string {
	id := service + "-" + opened.UTC().Format("0102")
	for n := 2; taken(id); n++ {
		id = fmt.Sprintf("%s-%s-%d", service, opened.UTC().Format("0102"), n)
	}
	return id
}

// news reports whether one verdict rather than another is worth recording. Time alone does not make it so.
func news(v, o *detector.Verdict) bool {
	return v.Key != o.Key || v.Level != o.Level || v.Current != o.Current || v.Open != o.Open ||
		!slices.Equal(v.Roots, o.Roots) || !slices.Equal(v.Lost, o.Lost) || !slices.EqualFunc(v.Services, o.Services, sameOutage) ||
		!slices.Equal(v.MetCriteria(), o.MetCriteria())
}

func sameOutage(a, b detector.Outage) bool {
	return a.Service == b.Service && a.Since.Equal(b.Since) && a.Confirmed.IsZero() == b.Confirmed.IsZero() && a.Recovered == b.Recovered &&
		a.Clocks.Deadline.Equal(b.Clocks.Deadline) && a.Clocks.LTI.Equal(b.Clocks.LTI)
}
