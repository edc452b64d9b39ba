package incident

import (
	"slices"
	"time"

	"holdfast/bia"
)

// Report is the after-action report of an incident as it stands at now, with what the documents in force say of its sites. The
// log has the ids of people only: where it is to say what they are called, name knows. False: there is no such incident.
func (d *Desk) Report(id string, now time.Time, name func(person string) string) (Report, bool) {
	i, ok := d.Incident(id)
	if !ok {
		return Report{}, false
	}
	s := Setting{}
	if d.docs != nil {
		text := d.text(&i)
		s.Organisation, s.Zones = text.Organisation, zonesOf(text, i)
	}
	r := i.Report(now, s)
	if name == nil {
		return r, true
	}
	r.Setting.Names = map[string]string{}
	for _, id := range r.people() {
		if called := name(id); called != "" {
			r.Setting.Names[id] = called
		}
	}
	return r, true
}

// zonesOf are the zones of the sites that an incident is about: those that were lost, and those of its root components; in
// order of id.
func zonesOf(a *bia.Analysis, i Incident) (zones []Zone) {
	var sites []string
	about := func(v []string, lost []string) {
		sites = join(sites, lost)
		for _, root := range v {
			if c := a.Components[root]; c != nil {
				sites = join(sites, []string{c.Site})
			}
		}
	}
	began := i.Opened
	for _, r := range i.Timeline {
		if e, ok := r.Event.(Classified); ok {
			about(e.Verdict.Roots, e.Verdict.Lost)
		}
	}
	for _, c := range i.Recoveries {
		began = sooner(c.Since, began)
	}
	slices.Sort(sites)
	for _, id := range sites {
		if site := a.Sites[id]; site != nil && site.Zone != "" {
			zones = append(zones, Zone{Site: id, Zone: site.Zone, Offset: offset(site.Zone, began)})
		}
	}
	return zones
}

// offset is how far a zone was from UTC; empty where the zone is not known.
func offset(zone string, at time.Time) string {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	return at.In(place).Format("-07:00")
}

// people are the ids of all who did something, were told something or undertook something, in order.
func (r Report) people() (ids []string) {
	add := func(actors ...Actor) {
		for _, a := range actors {
			if a.Person != "" {
				ids = append(ids, a.Person)
			}
		}
	}
	if r.Declaration != nil {
		add(r.Declaration.By)
	}
	for _, d := range r.Declined {
		add(d.By)
	}
	for _, run := range r.Runs {
		add(run.By)
		for _, s := range run.Steps {
			add(s.By, s.AckedBy)
			for _, a := range s.Approved {
				add(a.By)
			}
		}
	}
	for _, d := range r.Data {
		add(d.By)
	}
	for _, a := range r.Actions {
		add(a.By, a.DoneBy, Actor{Person: a.Owner})
	}
	for _, n := range r.Notices {
		add(Actor{Person: n.Person})
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
