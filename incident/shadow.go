package incident

import (
	"slices"
	"strings"
	"time"
)

// A shadow judges as the daemon would, and does nothing: it declares nothing, invokes nothing and tells nobody. What it
// would have done by itself it writes down in its recommendations. Whether the desk is a shadow stands in the log
// (TookOver), so that a replay knows.

// shadowGate is why a shadow does not declare by itself; the rule that it would have declared by is in it.
const shadowGate = "shadow mode: would have been declared by the rule "

// idleShadow is what a shadow says to whoever wants something done.
const idleShadow = "holdfast runs in shadow mode: it judges and records, declares nothing, invokes nothing and tells nobody"

// Would is what a declaration at that instant would have led to, had holdfast not been a shadow.
type Would struct {
	Rule   string     `json:"rule,omitempty"` // by which it would have declared by itself; empty: a person would have had to
	Invoke []Prospect `json:"invoke,omitempty"`
	Tell   []string   `json:"tell,omitempty"` // who would have been told
}

// A Prospect is the playbook that a declaration would invoke for a vital service, or why none fits.
type Prospect struct {
	Service  string   `json:"service"`
	Covers   []string `json:"covers,omitempty"`   // every service it would bring back, Service among them
	Playbook string   `json:"playbook,omitempty"` // id; empty: none fits
	Others   []string `json:"others,omitempty"`   // ids of others that fit
	Nearest  string   `json:"nearest,omitempty"`  // where none fits: what comes closest
	Missing  []string `json:"missing,omitempty"`  // and what it lacks
}

// covers reports whether the prospect is about a service.
func (p Prospect) covers(service string) bool {
	return p.Service == service || slices.Contains(p.Covers, service)
}

// Shadow is what an instance commits first that is to judge and do nothing. It is refused on the log of an instance that
// acts: whatever that one has under way would be left lying.
func (d *Desk) Shadow(instance, version string) ([]Change, error) {
	if d.epoch > 0 && !d.shadow {
		return nil, Refuse("this is the log of a daemon that acts (epoch %d); a shadow keeps a log of its own", d.epoch)
	}
	return []Change{{Event: TookOver{Epoch: d.epoch + 1, Instance: instance, Version: version, Shadow: true}}}, nil
}

// IsShadow reports whether the desk judges and does nothing.
func (d *Desk) IsShadow() bool { return d.shadow }

// Prospects are what a person who declares an open incident at now would invoke, the most urgent service first; the
// incident stays as it is.
func (d *Desk) Prospects(now time.Time, id string) []Prospect {
	i, ok := d.incidents.find(id)
	if !ok || !i.Open() || d.detector == nil {
		return nil
	}
	f := d.draft(now)
	return i.prospects(f.world(*i, f.follows(i)), Actor{Person: "asked"})
}

// comeForward forgets, as a shadow's log becomes that of an instance that acts, what nobody has been told: it is said
// anew. The fuses of invocations that never were are whole.
func (b *book) comeForward() {
	b.fuses = newTable[fuse](0)
	for _, id := range b.going {
		i := *b.incidents.of(id)
		i.DecisionDue, i.DecisionDueAt = nil, time.Time{}
		i.Recommended, i.RecommendedAt = nil, time.Time{}
		b.incidents.put(id, &i)
	}
}

// burn notes that fuses would have been blown.
func (b *book) burn(r Record) {
	e, ok := r.Event.(Recommended)
	if !ok || e.Would == nil || e.Would.Rule == "" {
		return
	}
	for _, p := range e.Would.Invoke {
		for _, service := range p.brought() {
			if _, blown := b.fuses.find(service); !blown || b.fuses.of(service).incident != r.Incident {
				b.fuses.put(service, fuse{at: r.At, incident: r.Incident})
			}
		}
	}
}

// brought are the services that a prospect brings back.
func (p Prospect) brought() []string {
	if p.Playbook == "" {
		return nil
	}
	return union([]string{p.Service}, p.Covers)
}

// foreseen is a recommendation of a shadow: it says what would have come of it. Once it would have declared, it speaks
// again only of services that were lost since.
func (i Incident) foreseen(w World, criteria []string, rule, gate string) []Event {
	before := i.wouldHave()
	if before == nil && rule == "" && i.Recommended != nil && subset(criteria, i.Recommended.Criteria) {
		return nil
	}
	by := Actor{Rule: rule}
	if before != nil {
		rule, by = before.Rule, Actor{Rule: before.Rule}
	}
	would := &Would{Rule: rule, Tell: duty{roster: w.Documents.People, at: w.Now}.lines(authority(w.declaration())...)}
	if before != nil {
		would.Invoke = slices.Clone(before.Invoke)
	}
	known := len(would.Invoke)
	for _, p := range i.prospects(w, by) {
		if !slices.ContainsFunc(would.Invoke, func(q Prospect) bool { return q.covers(p.Service) }) {
			would.Invoke = append(would.Invoke, p)
		}
	}
	if before != nil && len(would.Invoke) == known {
		return nil
	}
	if rule != "" {
		gate = shadowGate + rule
	}
	return []Event{Recommended{Criteria: criteria, Gate: gate, Would: would}}
}

// wouldHave is what a shadow would have done by itself by now; nil: nothing.
func (i Incident) wouldHave() *Would {
	if r := i.Recommended; r != nil && r.Would != nil && r.Would.Rule != "" {
		return r.Would
	}
	return nil
}

// prospects are what a declaration by somebody would invoke.
func (i Incident) prospects(w World, by Actor) []Prospect {
	if i.Declared == nil {
		i = i.Apply(Record{At: w.Now, Incident: i.ID, Event: i.declaredBy(w, by, nil, "")})
	}
	var all []Prospect
	for {
		events := i.invoke(w)
		if len(events) == 0 {
			return all
		}
		for _, e := range events {
			all = append(all, prospect(e))
			i = i.Apply(Record{At: w.Now, Incident: i.ID, Event: e})
		}
	}
}

func prospect(e Event) Prospect {
	switch e := e.(type) {
	case Invoked:
		return Prospect{Service: e.Service, Covers: e.Covers, Playbook: e.Playbook, Others: e.Others}
	case NoPlaybookFits:
		return Prospect{Service: e.Service, Nearest: e.Nearest, Missing: e.Missing}
	}
	return Prospect{}
}

// Sentence tells what would have come of a declaration, in a line for each service.
func (p Prospect) Sentence() string {
	switch {
	case p.Playbook != "" && len(p.Others) > 0:
		return "the playbook " + p.Playbook + " for " + listed(orElse(p.Covers, p.Service)) + " (others that fit: " + listed(p.Others) + ")"
	case p.Playbook != "":
		return "the playbook " + p.Playbook + " for " + listed(orElse(p.Covers, p.Service))
	case p.Nearest != "":
		return "no playbook fits " + p.Service + "; the nearest is " + p.Nearest + ": " + strings.Join(p.Missing, "; ")
	}
	return "no playbook fits " + p.Service + ": " + strings.Join(p.Missing, "; ")
}

// sentence tells what is recommended, and, of a shadow, what it would have invoked.
func (e Recommended) sentence() string {
	text := "Declaring a disaster is recommended (" + listed(e.Criteria) + "); it is not automatic: " + e.Gate + "."
	if e.Would == nil {
		return text
	}
	if e.Would.Rule != "" {
		text = "A shadow declares nothing; this would have been declared automatically (" + listed(e.Criteria) + ") by the rule " + e.Would.Rule + "."
	}
	for _, p := range e.Would.Invoke {
		text += " It would have been " + p.Sentence() + "."
	}
	return text
}

// invokedWords tell of an invocation that has blown a fuse.
func (w World) invokedWords() string {
	if w.Shadow {
		return "would have been invoked"
	}
	return "was invoked"
}
