package bia

import (
	"fmt"
	"holdfast/internal/subjects"
	"slices"
	"strings"
)

// Owns reports whether an observer speaks on a subject of the alert log, by what the analysis binds it to.
func (o *Observer) Owns(subject string) bool {
	return slices.ContainsFunc(o.SpeaksOn, func(pattern string) bool { return subjects.Covers(pattern, subject) })
}

// Bound reports whether the analysis says how an observer is known, beside a label that anybody can write.
func (o *Observer) Bound() bool { return len(o.SpeaksOn) > 0 || o.Key != "" }

// QuorumOfWhole is how many observers have to say of a service as a whole that it is down, before that is enough to declare
// without a person: its own quorum, else the largest of the components whose loss can take it down, else 2. The word about
// a service reaches as far as that about all its components, so it must not cost less.
func (a *Analysis) QuorumOfWhole(service string) int {
	if s, ok := a.Service(service); ok && s.Quorum > 0 {
		return s.Quorum
	}
	bearers, most := a.Bearers(service), 1
	if len(bearers) == 0 {
		return 2
	}
	for _, id := range bearers {
		most = max(most, a.Components[id].Quorum)
	}
	return most
}

// checkSpeaksOn refuses a subject on which no alert can come.
func (c *checker) checkSpeaksOn(o *Observer) {
	if o.Own {
		return
	}
	for i, subject := range o.SpeaksOn {
		at := item(o.Marks, "speaks_on", i)
		switch {
		case !subjects.Valid(subject):
			c.Errorf(at, "bia/speaks-on", "tokens with dots between them; * is for any token and, at the end, > for all that follow", "%q is no subject of NATS", subject)
		case strings.HasPrefix(subject, "holdfast.") && !subjects.Overlap(subject, "holdfast.alerts.>"):
			c.Errorf(at, "bia/speaks-on", "holdfast.alerts.NAME", "no alert comes by %q", subject)
		}
	}
	c.distinct(o.SpeaksOn, items(o.Marks, "speaks_on"))
}

// warnOfQuorums: a quorum is worth as much as it takes to make it up. Where one who has stolen the credential of one
// observer, or no credential at all, can speak as so many of them, one thief declares a disaster.
func (c *checker) warnOfQuorums() {
	if c.Declaration.Mode != "automatic" {
		return
	}
	type weak struct {
		first *Component
		more  int
		says  string
	}
	found := map[string]*weak{}
	var order []string
	for _, id := range sortedKeys(c.Components) {
		x := c.Components[id]
		if x.Quorum < 2 {
			continue
		}
		set := fmt.Sprint(x.Quorum, slices.Sorted(slices.Values(x.Observers)))
		if w := found[set]; w != nil {
			if w.first != nil {
				w.more++
			}
			continue
		}
		found[set] = &weak{}
		if says := c.oneVoice(x); says != "" {
			found[set] = &weak{first: x, says: says}
			order = append(order, set)
		}
	}
	if len(order) == 0 {
		c.warnOfVoices()
	}
	for _, set := range order {
		w := found[set]
		of := w.first.ID
		if w.more > 0 {
			of += fmt.Sprintf(" and %d more", w.more)
		}
		c.Warnf(w.first.Marks.Of("quorum"), "bia/quorum-by-label", "bind each observer to what the transport proves: observers: {"+w.first.Observers[0]+": {speaks_on: [holdfast.alerts."+w.first.Observers[0]+"]}}",
			"%s, which is the quorum of %s", w.says, of)
	}
}

// warnOfOne: where one observer is enough to call a component down, whoever has stolen its credential declares the disaster of what
// rests on it. Criteria that take more than one voice by themselves are not meant.
func (c *checker) warnOfOne() {
	d := c.Declaration
	alone := slices.DeleteFunc(slices.Clone(d.AutomaticFor), func(id string) bool {
		return slices.Contains([]string{SiteLoss, FacilityLost, FacilityDamaged, DataLoss, EstimateExceedsRTO}, id)
	})
	if d.Mode != "automatic" || len(alone) == 0 || d.Require.OwnProbe || d.Require.Signed {
		return
	}
	rests := map[string]string{}
	for _, id := range c.Judged() {
		if c.Objectives(id).Judged() {
			for _, component := range c.Bearers(id) {
				if c.Components[component].Quorum < 2 && rests[component] == "" {
					rests[component] = id
				}
			}
		}
	}
	if all := sortedKeys(rests); len(all) > 0 {
		first, more := c.Components[all[0]], ""
		if len(all) > 1 {
			more = fmt.Sprintf(", and so it is with %d more", len(all)-1)
		}
		at := first.Marks.Of("")
		if first.Marks.Has("quorum") {
			at = first.Marks.Of("quorum")
		}
		c.Warnf(at, "bia/quorum-of-one", "two observers and quorum: 2, or declaration: {require: {own_probe: true}}",
			"whoever has the credential of one observer can say that %s is down, and %s is declared by on that without a person%s", first.ID, listed(alone), more)
	}
}

// warnOfRights: what only some observers may say (when an outage ends, planned maintenance) is worth as much as what tells them from
// others. Who is known by a label alone can be anybody.
func (c *checker) warnOfRights() {
	for _, id := range sortedKeys(c.Observers) {
		o := c.Observers[id]
		if o.Own || o.Bound() {
			continue
		}
		for _, right := range []struct {
			key, may string
			has      bool
		}{{"estimates", "say when outages end", o.Estimates}, {"maintenance", "excuse outages by planned maintenance", o.Maintenance}} {
			if right.has {
				c.Warnf(o.Marks.Of(right.key), "bia/right-by-label", "bind it to what the transport proves: "+id+": {speaks_on: [holdfast.alerts."+id+"]}, or let it sign: key",
					"%s may %s, and whoever may send an alert can call itself %s", id, right.may, id)
			}
		}
	}
}

// warnOfVoices: that a site is lost or data unusable is declared by without a person where two observers say so. Where whoever has one
// credential, or none, can speak as two, that is one.
func (c *checker) warnOfVoices() {
	d := c.Declaration
	if d.Mode != "automatic" {
		return
	}
	var all []string
	for _, id := range sortedKeys(c.Observers) {
		if !c.Observers[id].Own {
			all = append(all, id)
		}
	}
	for i, id := range d.AutomaticFor {
		if id != FacilityLost && id != FacilityDamaged && id != DataLoss {
			continue
		}
		if says := c.oneVoice(&Component{Observers: all, Quorum: 2}); says != "" {
			c.Warnf(item(d.Marks, "automatic_for", i), "bia/quorum-by-label", "bind each observer to what the transport proves: observers: {"+all[0]+": {speaks_on: [holdfast.alerts."+all[0]+"]}}",
				"%s, and %s is declared by on the word of two", says, id)
			return
		}
	}
}

// oneVoice says who can make up a component's quorum with one credential; empty: nobody.
func (c *checker) oneVoice(x *Component) string {
	as := func(can func(o *Observer) bool) (all []string) {
		for _, id := range x.Observers {
			if o := c.Observers[id]; o != nil && can(o) {
				all = append(all, id)
			}
		}
		return all
	}
	loose := func(o *Observer) bool { return !o.Bound() }
	if all := as(loose); len(all) >= x.Quorum {
		return "whoever may send an alert can call it one of " + listed(all)
	}
	for _, thief := range sortedKeys(c.Observers) {
		t := c.Observers[thief]
		all := as(func(o *Observer) bool {
			if o == t || len(t.SpeaksOn) == 0 && loose(o) {
				return true
			}
			return o.Key == "" && slices.ContainsFunc(t.SpeaksOn, func(mine string) bool {
				return slices.ContainsFunc(o.SpeaksOn, func(theirs string) bool { return subjects.Overlap(mine, theirs) })
			})
		})
		if len(all) >= x.Quorum {
			return fmt.Sprintf("whoever has the credential of %s can speak as %s", thief, listed(all))
		}
	}
	return ""
}

// warnOfUnsigned: where a declaration without a person takes signatures, the loss of a component for which fewer can sign than its
// quorum asks is never declared like that. holdfast's own probes sign nothing.
func (c *checker) warnOfUnsigned() {
	if !c.Declaration.Require.Signed || c.Declaration.Mode != "automatic" {
		return
	}
	bears := map[string]bool{}
	for _, id := range c.Judged() {
		if c.Objectives(id).Judged() {
			for _, component := range c.Bearers(id) {
				bears[component] = true
			}
		}
	}
	signs := func(observer string) bool { o := c.Observers[observer]; return o != nil && o.Key != "" }
	said := map[string]bool{}
	for _, id := range sortedKeys(c.Components) {
		x := c.Components[id]
		signing := 0
		for _, observer := range x.Observers {
			if signs(observer) {
				signing++
			}
		}
		set := fmt.Sprint(x.Quorum, slices.Sorted(slices.Values(x.Observers)))
		if !bears[id] || len(x.Observers) == 0 || signing >= x.Quorum || said[set] {
			continue
		}
		said[set] = true
		at := x.Marks.Of("observers")
		if x.Marks.Has("quorum") {
			at = x.Marks.Of("quorum")
		}
		c.Warnf(at, "bia/unsigned", "give a key to as many of its observers as its quorum asks; holdfast's own probes sign nothing",
			"signed is asked for, and of the observers of %s %d can sign where it takes %d: its loss is never declared without a person", id, signing, x.Quorum)
	}
}

func listed(ids []string) string {
	if len(ids) < 2 {
		return strings.Join(ids, "")
	}
	return strings.Join(ids[:len(ids)-1], ", ") + " and " + ids[len(ids)-1]
}
