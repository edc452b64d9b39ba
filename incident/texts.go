package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/detector"
)

// An incident goes on being judged by the bia.yaml that was in force when it was opened: a threshold that is edited while
// people work by it must not move under their hands, and a service that is taken out of the text does not end its outage.
// What opens later is judged by what is in force by then. A person with the authority moves an incident over (Rebased).
//
// People and playbooks are always those in force: who left cannot be asked, and a run is pinned to its playbook anyway.

// textsMost bounds how many older texts are judged by at the same time; each takes a detector of its own.
const textsMost = 4

// An older text is one that open incidents are judged by though it is no longer in force.
type older struct {
	docs     *Documents
	detector *detector.Detector
}

// A sight is what is seen through an older text.
type sight struct {
	text     *bia.Analysis
	facts    detector.Facts
	verdicts []*detector.Verdict
}

// judgeBy makes the detector judge by the documents in force, where another text was in force before.
func (d *Desk) judgeBy(before *Documents) {
	now := d.docs.BIA
	if d.detector == nil {
		d.detector = detector.New(now)
		for _, m := range d.early {
			d.take(m)
		}
		d.early = nil
		return
	}
	if before.BIA.Digest == now.Digest {
		return
	}
	back := slices.IndexFunc(d.older, func(o older) bool { return o.docs.BIA.Digest == now.Digest })
	if back < 0 && len(d.judgedBy(before.BIA.Digest)) == 0 { // nobody needs the one in force
		d.detector.Rebase(now)
		return
	}
	d.older = append(d.older, older{before, d.detector})
	if back >= 0 {
		d.detector = d.older[back].detector
		d.older = slices.Delete(d.older, back, back+1)
		return
	}
	d.detector = d.detector.Copy()
	d.detector.Rebase(now)
}

// release lets go of older texts that no open incident is judged by any more.
func (d *Desk) release() {
	if len(d.older) == 0 {
		return
	}
	d.older = slices.DeleteFunc(d.older, func(o older) bool { return len(d.judgedBy(o.docs.BIA.Digest)) == 0 })
}

// judgedBy are the open incidents that are judged by a text, the oldest first.
func (b *book) judgedBy(digest string) (ids []string) {
	for _, id := range b.going {
		if b.incidents.of(id).JudgedBy == digest {
			ids = append(ids, id)
		}
	}
	return ids
}

// crowdedOut are the incidents that can no longer be judged by their text once another one is adopted: those of the
// texts that were adopted first, as far as there would be too many.
func (d *Desk) crowdedOut(by *Documents) (changes []Change) {
	tell := duty{roster: by.People, at: d.latest, untold: d.shadow}.lines(authority(by.BIA.Declaration)...)
	var kept []string
	for _, digest := range append(d.olderTexts(), d.docs.BIA.Digest) {
		if digest != by.BIA.Digest && len(d.judgedBy(digest)) > 0 {
			kept = append(kept, digest)
		}
	}
	for _, digest := range kept[:max(0, len(kept)-textsMost)] {
		for _, id := range d.judgedBy(digest) {
			changes = append(changes, Change{Incident: id, Event: Rebased{From: digest, To: by.BIA.Digest, Tell: tell,
				By: Actor{Rule: fmt.Sprintf("at most %d older texts are judged by", textsMost)}}})
		}
	}
	return changes
}

func (d *Desk) olderTexts() (digests []string) {
	for _, o := range d.older {
		digests = append(digests, o.docs.BIA.Digest)
	}
	return digests
}

// seen is what the older texts show at an instant.
func (d *Desk) seen(now time.Time) (all []sight) {
	for _, o := range d.older {
		verdicts, _ := o.detector.Reading(now)
		all = append(all, sight{o.docs.BIA, o.detector.FactsAt(now), verdicts})
	}
	return all
}

// sight is what an incident sees the world through.
func (f *draft) sight(i *Incident) sight {
	for _, s := range f.older {
		if s.text.Digest == i.JudgedBy {
			return s
		}
	}
	return sight{f.docs.BIA, f.facts, f.verdicts}
}

// judging are the documents with an older text to judge by. What was delegated is what both delegate: the authority may take
// back at any time what a rule may do without it. Where none of those the older text names as the authority is known to the
// people of today, it is today's authority: somebody has to be able to decide.
func (d *Documents) judging(text *bia.Analysis) *Documents {
	if text == d.BIA {
		return d
	}
	out, a := *d, *text
	known := func(role string) bool { return d.People.Roles[role] != nil }
	if d.People != nil && !slices.ContainsFunc(authority(a.Declaration), known) {
		a.Declaration.Authority, a.Declaration.Successors = d.BIA.Declaration.Authority, d.BIA.Declaration.Successors
	}
	a.Declaration = delegatedByBoth(a.Declaration, d.BIA.Declaration)
	out.BIA = &a
	return &out
}

// delegatedByBoth is an older declaration without what the one in force does not delegate.
func delegatedByBoth(older, now bia.Declaration) bia.Declaration {
	if now.Mode != "automatic" {
		older.Mode = now.Mode
	}
	if now.OnNoDecision != "declare" {
		older.OnNoDecision = now.OnNoDecision
	}
	older.AutomaticFor = slices.DeleteFunc(slices.Clone(older.AutomaticFor), func(id string) bool { return !slices.Contains(now.AutomaticFor, id) })
	older.RearmAfter = max(older.RearmAfter, now.RearmAfter)
	return older
}

// pair matches incidents with situations, each through the text that it is judged by. What an incident judged by an older
// text answers for opens no other; what it knows nothing of does.
func (f *draft) pair() pairing {
	exercises, present := []*Incident(nil), f.living()
	if exercise := func(i *Incident) bool { return i.Exercise != "" }; slices.ContainsFunc(present, exercise) {
		exercises, present = partition(present, exercise)
	}
	if ended, until := f.ended(); len(exercises) == 0 && len(f.older) == 0 {
		all := pair(present, f.registered(), ended, f.verdicts, f.facts)
		all.until, all.about = until, f.about
		return all
	}
	var all pairing
	for _, i := range exercises { // nothing that monitoring sees belongs to an exercise
		all.follows = append(all.follows, following{seat: i.seat})
	}
	elsewhere := []*Incident(nil)
	for _, s := range f.older {
		mine, rest := partition(present, func(i *Incident) bool { return i.JudgedBy == s.text.Digest })
		all.add(pair(mine, registerOf(mine), nil, s.verdicts, s.facts))
		present, elsewhere = rest, append(elsewhere, mine...)
	}
	ended, until := f.ended()
	p := pair(present, registerOf(present), ended, f.besides(elsewhere, present, &all), f.facts)
	all.fresh, all.until = p.fresh, until
	all.add(p)
	return all
}

// add takes over what others follow.
func (p *pairing) add(other pairing) {
	p.follows = append(p.follows, other.follows...)
	slices.SortFunc(p.follows, func(a, b following) int { return a.seat - b.seat })
	p.passing = p.passing || other.passing
}

func partition[T any](all []T, is func(T) bool) (those, others []T) {
	for _, x := range all {
		if is(x) {
			those = append(those, x)
		} else {
			others = append(others, x)
		}
	}
	return those, others
}

// besides are the situations that the text in force shows, without what incidents elsewhere answer for.
func (f *draft) besides(elsewhere, present []*Incident, theirs *pairing) []*detector.Verdict {
	if len(elsewhere) == 0 {
		return f.verdicts
	}
	answered := func(service string) bool {
		if slices.ContainsFunc(present, func(i *Incident) bool { return i.knows(service) }) {
			return false
		}
		return slices.ContainsFunc(elsewhere, func(i *Incident) bool {
			v, _ := theirs.of(i.seat)
			return i.knows(service) || v != nil && has(*v, service)
		})
	}
	var rest []*detector.Verdict
	for _, v := range f.verdicts {
		same := slices.ContainsFunc(elsewhere, func(i *Incident) bool { return i.Key == v.Key || slices.Contains(v.Absorbed, i.Key) })
		switch left := remaining(v, answered); {
		case len(v.Services) == 0 && same, len(v.Services) > 0 && len(left.Services) == 0:
		default:
			rest = append(rest, left)
		}
	}
	return rest
}

// remaining is a situation without services that are answered for elsewhere, and without the criteria that only they
// carry. As long as anything of it is not well it stays an incident.
func remaining(whole *detector.Verdict, answered func(string) bool) *detector.Verdict {
	gone := func(o detector.Outage) bool { return answered(o.Service) }
	if !slices.ContainsFunc(whole.Services, gone) {
		return whole
	}
	v := *whole
	v.Services = slices.DeleteFunc(slices.Clone(v.Services), gone)
	v.Level, v.Current = detector.Event, detector.Event
	if slices.ContainsFunc(v.Services, func(o detector.Outage) bool { return o.State != detector.Up || !o.Since.IsZero() && !o.Recovered }) {
		v.Level = detector.Impaired
	}
	var criteria []detector.Criterion
	for _, c := range v.Explanation.Criteria {
		carried := len(c.Services) > 0
		c.Services = slices.DeleteFunc(slices.Clone(c.Services), answered)
		if carried && len(c.Services) == 0 {
			continue
		}
		if criteria = append(criteria, c); c.Answer == detector.Met {
			v.Current = max(v.Current, c.Level)
		}
	}
	v.Level = max(v.Level, v.Current)
	v.Explanation.Criteria = criteria
	return &v
}

// ended are the incidents whose situations open no other unless they get worse: those that a person stood down, and those
// that were over by another text than the one in force. The first of these no longer counts from an instant on.
func (f *draft) ended() (all []*Incident, until time.Time) {
	for _, id := range f.stood {
		all = append(all, f.incidents.of(id))
	}
	for _, id := range slices.Backward(f.over) {
		i := f.incidents.of(id)
		if !f.now.Before(i.Closed.Add(remembered)) {
			break
		}
		if i.JudgedBy != f.docs.BIA.Digest {
			all, until = append(all, i), i.Closed.Add(remembered)
		}
	}
	return all, until
}

// remembered is for how long an incident that is over keeps its situation from opening another: longer than the detector
// shows it.
const remembered = 48 * time.Hour

// orderRebase has an incident judged by the text in force.
func (f *draft) orderRebase(i Incident, person string, c Command) ([]Event, error) {
	w := f.world(i, nil)
	by, err := w.duty().entitled(person, "rebase an incident", join(authority(w.declaration()), authority(f.docs.BIA.Declaration)))
	if err != nil {
		return nil, err
	}
	if i.JudgedBy == f.docs.BIA.Digest {
		since, who := i.judgedSince()
		return nil, before(who, since, "%s is judged by the bia.yaml in force (%s) already, since %s", i.ID, brief(i.JudgedBy), stamp(since))
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, Refuse("to judge an incident by another text needs a reason")
	}
	return []Event{Rebased{From: i.JudgedBy, To: f.docs.BIA.Digest, By: by, Reason: c.Reason, Tell: w.duty().lines(authority(w.declaration())...)}}, nil
}

// judgedSince is since when an incident is judged by the text that it is, and by whose word.
func (i Incident) judgedSince() (time.Time, Actor) {
	for _, r := range slices.Backward(i.Timeline) {
		if e, ok := r.Event.(Rebased); ok {
			return r.At, e.By
		}
	}
	return i.Opened, Actor{}
}
