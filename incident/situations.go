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
	follows map[string]*detector.Verdict
	fresh   []detector.Verdict
	reading uint64    // of the situations it was made of
	passing bool      // an incident follows a situation that the detector has forgotten: it goes by the facts
	until   time.Time // from when on other incidents that are over count; zero: always the same
}

// lasts reports whether a pairing is still the same at an instant if nothing else has changed.
func (p pairing) lasts(now time.Time) bool {
	return !p.passing && (p.until.IsZero() || now.Before(p.until))
}

// pair matches the open incidents, the oldest first, with the detector's situations. An incident follows the situation
// of its key, one that absorbed it, and any that has a service of its own in common: a later relapse is a new episode of
// the same incident. Situations merge into the incident that was declared, else into the oldest; they are never split.
func pair(open []*Incident, ended []*Incident, verdicts []detector.Verdict, facts detector.Facts) pairing {
	p := pairing{follows: make(map[string]*detector.Verdict, len(open))}
	parts, merged, known := map[string][]detector.Verdict{}, map[string]string{}, registerOf(open)
	verdicts = slices.Clone(verdicts)
	for n := range verdicts {
		v := &verdicts[n]
		v.At = time.Time{}
		if !v.Open {
			continue
		}
		owners := known.concerned(*v)
		if len(owners) == 0 {
			if v.Level >= detector.Impaired && !stoodDown(ended, *v) {
				p.fresh = append(p.fresh, *v)
			}
			continue
		}
		parts[owners[0].ID] = append(parts[owners[0].ID], *v)
		for _, other := range owners[1:] {
			if other.Declared != nil {
				parts[other.ID] = append(parts[other.ID], narrowed(*v, *other))
			} else {
				merged[other.ID] = owners[0].ID
			}
		}
	}
	p.follow(open, parts, merged, verdicts, facts)
	return p
}

// follow settles what each open incident follows, given the situations that are its part, and what it was merged into.
func (p *pairing) follow(open []*Incident, parts map[string][]detector.Verdict, merged map[string]string, verdicts []detector.Verdict, facts detector.Facts) {
	byKey := make(map[string]*detector.Verdict, len(verdicts))
	for n := range slices.Backward(verdicts) {
		byKey[verdicts[n].Key] = &verdicts[n]
	}
	for _, i := range open {
		switch into, seen := merged[i.ID], byKey[i.Key]; {
		case len(parts[i.ID]) > 0:
			v := together(i.Key, parts[i.ID])
			p.follows[i.ID] = &v
		case into != "":
			v := over(i.Verdict, "merged into the incident "+into)
			p.follows[i.ID] = &v
		case strings.HasPrefix(i.Key, byHand):
			p.follows[i.ID] = nil
		case seen != nil:
			p.follows[i.ID] = seen
		default:
			v := gone(i.Verdict, facts)
			p.follows[i.ID], p.passing = &v, true
		}
	}
}

// A register finds open incidents by what they are about.
type register struct {
	open []*Incident
	by   map[string][]int // "key " or "service " and its name -> places in open, in order
}

func registerOf(open []*Incident) register {
	r := register{open: open, by: make(map[string][]int, 2*len(open))}
	for n, i := range open {
		r.put("key "+i.Key, n)
		for _, service := range i.services() {
			r.put("service "+service, n)
		}
	}
	return r
}

func (r *register) put(what string, n int) { r.by[what] = append(r.by[what], n) }

// concerned are the open incidents that a situation belongs to, the leading one first.
func (r *register) concerned(v detector.Verdict) (owners []*Incident) {
	places := slices.Clone(r.by["key "+v.Key])
	for _, key := range v.Absorbed {
		places = append(places, r.by["key "+key]...)
	}
	for _, o := range v.Services {
		places = append(places, r.by["service "+o.Service]...)
	}
	slices.Sort(places)
	for _, n := range slices.Compact(places) {
		owners = append(owners, r.open[n])
	}
	slices.SortStableFunc(owners, func(a, b *Incident) int {
		return cmp.Or(first(a.Declared != nil, b.Declared != nil), first(a.Key == v.Key, b.Key == v.Key))
	})
	return owners
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
func (i Incident) services() (all []string) {
	if i.Declared != nil {
		for _, p := range i.Declared.Services {
			all = append(all, p.Service)
		}
	}
	for _, c := range i.Recoveries {
		all = append(all, c.Service)
	}
	for _, o := range i.Verdict.Services {
		all = append(all, o.Service)
	}
	return all
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
func stoodDown(ended []*Incident, v detector.Verdict) bool {
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
func narrowed(v detector.Verdict, i Incident) detector.Verdict {
	v.Key = i.Key
	v.Services = slices.DeleteFunc(slices.Clone(v.Services), func(o detector.Outage) bool { return !i.knows(o.Service) })
	return v
}

// together is what several situations say of one incident. The one that the incident already follows leads.
func together(key string, parts []detector.Verdict) detector.Verdict {
	slices.SortStableFunc(parts, func(a, b detector.Verdict) int {
		return cmp.Or(first(a.Key == key, b.Key == key), cmp.Compare(b.Current, a.Current))
	})
	all := parts[0]
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
	return all
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

// fingerprint is what a change of makes a verdict worth recording. Time alone does not change it.
func fingerprint(v detector.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v %v %v %q %q %q\n", v.Key, v.Level, v.Current, v.Open, v.Roots, v.Lost, v.MetCriteria())
	for _, o := range v.Services {
		fmt.Fprintf(&b, "%s %v %v %v %d %d\n", o.Service, o.Since.UTC(), !o.Confirmed.IsZero(), o.Recovered,
			o.Clocks.Deadline.UnixNano(), o.Clocks.LTI.UnixNano())
	}
	return b.String()
}
