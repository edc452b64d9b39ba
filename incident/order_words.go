package incident

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/bia"
	"holdfast/internal/source"
)

// What people say of the world is judged by, so not everybody may say it: those who may declare, the roles that
// declaration.responders names, and whoever owns a service that it is about. Without a people.yaml anybody may.

// stateRecoveryPoint is the state of data that is an instant.
const stateRecoveryPoint = "recovery_point"

// graceOfMaintenance is how long after its end a window that a person announces still excuses what it names, as in bia.yaml.
const graceOfMaintenance = 15 * time.Minute

// longestChange is how long the number of a change may be: it is told in every verdict that the window has to do with.
const longestChange = 256

var (
	facilityStates = []string{"lost", "impaired", "ok"}
	dataStates     = []string{"unusable", "compromised", "ok", stateRecoveryPoint}
	expectations   = []string{"degraded", "down"}
)

// wordOrders are the verbs by which people say something of the world.
var wordOrders = map[Verb]func(f *draft, person string, c Command) (Event, error){
	VerbEstimate:    (*draft).orderEstimate,
	VerbFacility:    (*draft).orderFacility,
	VerbData:        (*draft).orderData,
	VerbIntentional: (*draft).orderIntentional,
	VerbMaintenance: (*draft).orderMaintenance,
	VerbBackdate:    (*draft).orderBackdate,
}

// speaker is who spoke, if they may: on what they own, as responders, or with the authority.
func (f *draft) speaker(person, doing string, owned []string, responders bool) (Actor, error) {
	l := f.docs.BIA.Declaration
	roles := authority(l)
	if responders {
		roles = join(roles, l.Responders)
	}
	for _, service := range owned {
		a, _ := f.knowing(func(a *bia.Analysis) bool { return isService(a, service) })
		s, _ := a.Service(service)
		if s.Owner == person {
			return Actor{Person: person}, nil
		}
		roles = join(roles, []string{s.Owner})
	}
	return duty{roster: f.docs.People, at: f.now}.entitled(person, doing, roles)
}

func (f *draft) service(c Command) (string, error) {
	if len(c.Services) != 1 {
		return "", Refuse("name the one service that it is about")
	}
	if a, ok := f.knowing(func(a *bia.Analysis) bool { return isService(a, c.Services[0]) }); !ok {
		return "", f.missing("service", c.Services[0], a.Judged())
	}
	return c.Services[0], nil
}

func isService(a *bia.Analysis, id string) bool {
	_, ok := a.Service(id)
	return ok
}

func (f *draft) missing(what, id string, all []string) error {
	if len(all) == 0 {
		return &NotFound{What: what, ID: id, Hint: "bia.yaml names none"}
	}
	return &NotFound{What: what, ID: id, Hint: source.DidYouMean(id, all)}
}

// unchanged refuses what stands already; it says who said it, and when.
func (f *draft) unchanged(e word, same func(Event) bool) error {
	last, ok := f.said[e.subject()]
	if !ok || !same(last.Event) {
		return nil
	}
	said, _ := last.Event.(word)
	text := strings.TrimRight(Sentence(last), ".")
	return before(said.by(), last.At, "that stands already since %s: %s", stamp(last.At), text)
}

func (f *draft) orderEstimate(person string, c Command) (Event, error) {
	service, err := f.service(c)
	if err != nil {
		return nil, err
	}
	by, err := f.speaker(person, "estimate when "+service+" is back", []string{service}, true)
	if err != nil {
		return nil, err
	}
	e := Estimated{Service: service, By: by, Reason: c.Reason}
	if c.Estimate == "none" {
		return e, nil
	}
	length, err := model.ParseDuration(c.Estimate)
	if err != nil || length <= 0 || time.Duration(length) > mostAhead {
		return nil, Refuse("an estimate is how long from now, such as 6h, at most %s, or none; not %q", model.Duration(mostAhead), c.Estimate)
	}
	e.End = f.now.Add(time.Duration(length))
	return e, nil
}

// mostAhead is how far ahead anything that people say can lie.
const mostAhead = 365 * 24 * time.Hour

func (f *draft) orderFacility(person string, c Command) (Event, error) {
	a, known := f.knowing(func(a *bia.Analysis) bool { return a.Sites[c.Site] != nil })
	switch {
	case !known:
		return nil, f.missing("site", c.Site, slices.Sorted(maps.Keys(a.Sites)))
	case !slices.Contains(facilityStates, c.State):
		return nil, Refuse("a site is %s, not %q", strings.Join(facilityStates, ", "), c.State)
	}
	by, err := f.speaker(person, "signal the state of a site", nil, true)
	if err != nil {
		return nil, err
	}
	e := FacilityReported{Site: c.Site, State: c.State, By: by, Reason: c.Reason}
	return e, f.unchanged(e, func(last Event) bool { return last.(FacilityReported).State == c.State })
}

func (f *draft) orderData(person string, c Command) (Event, error) {
	a, known := f.knowing(func(a *bia.Analysis) bool { return len(holders(a, c.Data)) > 0 })
	switch {
	case !known:
		return nil, f.missing("data", c.Data, allData(a))
	case !slices.Contains(dataStates, c.State):
		return nil, Refuse("data is %s, not %q", strings.Join(dataStates, ", "), c.State)
	case c.State == stateRecoveryPoint && (c.At.IsZero() || c.At.After(f.now)):
		return nil, Refuse("a recovery point is an instant that has been")
	}
	by, err := f.speaker(person, "signal the state of data", holders(a, c.Data), true)
	if err != nil {
		return nil, err
	}
	e := DataReported{Data: c.Data, State: c.State, By: by, Reason: c.Reason}
	if c.State == stateRecoveryPoint {
		e.Point = c.At.UTC()
	}
	return e, f.unchanged(e, func(last Event) bool {
		said := last.(DataReported)
		return said.State == e.State && said.Point.Equal(e.Point)
	})
}

func allData(a *bia.Analysis) (all []string) {
	for _, id := range a.Judged() {
		s, _ := a.Service(id)
		all = join(all, slices.Sorted(maps.Keys(s.Data)))
	}
	return all
}

func (f *draft) orderIntentional(person string, c Command) (Event, error) {
	a, known := f.knowing(func(a *bia.Analysis) bool { return a.Components[c.Component] != nil })
	if !known {
		return nil, f.missing("component", c.Component, slices.Sorted(maps.Keys(a.Components)))
	}
	by, err := f.speaker(person, "mark a component as switched off on purpose", restingOn(a, []string{c.Component}), true)
	if err != nil {
		return nil, err
	}
	last, marked := f.said["component "+c.Component].Event.(SwitchedOff)
	switch {
	case c.Over && (!marked || !last.Until.After(f.now)):
		return nil, Refuse("nobody has marked %s as switched off; a mark that an alert made ends by an alert, or by itself", c.Component)
	case c.Over:
		return SwitchedOn{Component: c.Component, By: by, Reason: c.Reason}, nil
	case !c.Until.After(f.now) || c.Until.After(f.now.Add(mostAhead)):
		return nil, Refuse("say until when %s is off: an instant ahead, at most %s", c.Component, model.Duration(mostAhead))
	}
	e := SwitchedOff{Component: c.Component, Until: c.Until.UTC(), By: by, Reason: c.Reason}
	return e, f.unchanged(e, func(last Event) bool {
		off, ok := last.(SwitchedOff)
		return ok && off.Until.Equal(e.Until)
	})
}

// orderMaintenance announces a window, or calls one off. It takes what counts as an outage away from what is judged, so
// the owner of every service that it excuses, or the authority, has to say so.
func (f *draft) orderMaintenance(person string, c Command) (Event, error) {
	if c.Change == "" || len(c.Change) > longestChange {
		return nil, Refuse("a window of maintenance has the number of its change, of at most %d bytes", longestChange)
	}
	last := f.said["change "+c.Change]
	announced, open := last.Event.(MaintenanceAnnounced)
	if c.Over {
		if !open || !f.now.Before(announced.To.Add(announced.Grace)) {
			return nil, Refuse("nobody has announced a window for %s that is not over; one of bia.yaml is taken out there, one that an alert announced is called off by an alert", c.Change)
		}
		by, err := f.planner(person, announced.services(nil))
		return MaintenanceCalledOff{Change: c.Change, By: by, Reason: c.Reason}, err
	}
	if open && f.now.Before(announced.To.Add(announced.Grace)) {
		return nil, before(announced.By, last.At, "%s was announced by %s at %s, until %s; call it off first", c.Change, who(announced.By), stamp(last.At), stamp(announced.To))
	}
	if c.From.IsZero() || c.From.Before(f.now) {
		c.From = f.now
	}
	if err := f.plannable(c); err != nil {
		return nil, err
	}
	e := MaintenanceAnnounced{Change: c.Change, From: c.From.UTC(), To: c.Until.UTC(), Grace: graceOfMaintenance, Scope: c.Scope, Expect: c.Expect, Reason: c.Reason}
	by, err := f.planner(person, e.services(nil))
	e.By = by
	return e, err
}

// planner is a person who may plan maintenance: with the authority, or the owner of every service it is to excuse.
func (f *draft) planner(person string, services []string) (by Actor, err error) {
	if by, err = f.speaker(person, "plan maintenance", nil, false); err == nil {
		return by, nil
	}
	for _, service := range services {
		if by, err = f.speaker(person, "plan maintenance of "+service, []string{service}, false); err != nil {
			return by, err
		}
	}
	return by, err
}

func (f *draft) plannable(c Command) error {
	a := f.docs.BIA
	switch {
	case !c.Until.After(c.From) || c.Until.After(f.now.Add(mostAhead)):
		return Refuse("a window ends after it begins, ahead of now, and at most %s ahead", model.Duration(mostAhead))
	case len(c.Scope) == 0:
		return Refuse("say what is worked on: components, services, or site and its name")
	case len(c.Expect) == 0:
		return Refuse("say what it may do to which service, such as degraded or down; all else counts as ever")
	}
	for _, entry := range c.Scope {
		id := strings.TrimSpace(strings.TrimPrefix(entry, "site "))
		if _, service := a.Service(id); !service && a.Components[id] == nil && len(a.Members(id)) == 0 {
			return f.missing("component, service or site", id, slices.Concat(slices.Sorted(maps.Keys(a.Components)), a.Judged(), a.AllDomains()))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Expect)) {
		if _, ok := a.Service(id); !ok {
			return f.missing("service", id, a.Judged())
		}
		if !slices.Contains(expectations, c.Expect[id]) {
			return Refuse("maintenance may leave %s degraded or down, not %q", id, c.Expect[id])
		}
	}
	return nil
}

// orderBackdate moves the start of an outage further back than messages may. Who says so has to say why.
func (f *draft) orderBackdate(person string, c Command) (Event, error) {
	service, err := f.service(c)
	if err != nil {
		return nil, err
	}
	by, err := f.speaker(person, "move the start of an outage", []string{service}, true)
	if err != nil {
		return nil, err
	}
	since, on := f.since(service)
	oldest := f.now.Add(-f.docs.BIA.Defaults.MaxAge)
	switch {
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to move the start of an outage needs a reason")
	case !on:
		return nil, Refuse("%s is in no outage that goes on, as far as it is judged", service)
	case !c.At.Before(since):
		return nil, Refuse("the outage of %s counts from %s already; it can only be moved back", service, stamp(since))
	case c.At.Before(oldest):
		return nil, Refuse("%s is further back than anything is believed (defaults.max_age: %s)", stamp(c.At), model.Duration(f.docs.BIA.Defaults.MaxAge))
	}
	return Backdated{Service: service, From: since, To: c.At.UTC(), By: by, Reason: c.Reason}, nil
}

// since is the start of the outage of a service that goes on, as it is judged.
func (f *draft) since(service string) (time.Time, bool) {
	p := f.pair()
	for _, i := range f.open() {
		if v, _ := p.of(i.seat); v != nil {
			for _, o := range v.Services {
				if o.Service == service && !o.Since.IsZero() && !o.Recovered {
					return o.Since, true
				}
			}
		}
	}
	return time.Time{}, false
}
