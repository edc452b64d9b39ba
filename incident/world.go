package incident

import (
	"time"

	"holdfast/bia"
	"holdfast/detector"
)

// A World is what an incident has to know of everything else when it decides: the time, the documents, the present
// facts, and what the rest of the house holds. It is put together by the Desk; nothing in it is changed by deciding.
type World struct {
	Now       time.Time
	Epoch     uint64
	Documents *Documents
	Facts     detector.Facts
	Shadow    bool              // nothing is done, whatever is decided
	Verdict   *detector.Verdict // its situation as it stands at Now; nil: the detector sees none

	// Gate is why nothing may happen without a person; empty: armed.
	Gate string
	// Disarmed is who took everything into their hands, where a person did.
	Disarmed string
	// Off is the person's word that disarmed; zero: nobody has, or somebody has armed since.
	Off Off
	// Blown is when a service was last invoked automatically, and in which incident.
	Blown func(service string) (at time.Time, incident string, ok bool)
	// Running is the run of a playbook that goes on, in whatever incident; empty: none.
	Running func(playbook string) string
	// Bringing is the run that is to bring a service back, in whatever incident; empty: none.
	Bringing func(service string) string
	// Stranded is the run that was to bring a service back and that nobody carries out, since its incident is shown and not
	// driven; zero: none.
	Stranded func(service string) Strand
	// Open are all open incidents, for what a person orders; what is due is asked of the others.
	Open func() []Incident
	// Held is who holds an exclusive resource; empty: nobody.
	Held func(resource string) string

	// Exercised are the records of all exercises, the oldest first.
	Exercised func() []Exercised
	// Disaster is the live disaster that takes precedence over exercises; empty: none is declared.
	Disaster func() string

	// Past is what past runs took; nil: nothing is known of them.
	Past *history

	asking bool // whether something is due; what it says is not asked

	found map[string][]string // by service: what roots has found, for a large house asks often; nil: it is not kept
}

func (w World) duty() duty { return duty{roster: w.Documents.People, at: w.Now, untold: w.Shadow} }

// dutyOn is who may act on a step: once it has escalated, deputies too.
func (w World) dutyOn(s *StepState) duty {
	d := w.duty()
	d.beside = len(s.Escalated) > 0
	return d
}

func (w World) declaration() bia.Declaration { return w.Documents.BIA.Declaration }

func (w World) outages() []detector.Outage {
	if w.Verdict == nil {
		return nil
	}
	return w.Verdict.Services
}

// roots are what explains the loss of a service: those of the situation that lie below it.
func (w World) roots(service string) (roots []string) {
	if w.Verdict == nil {
		return nil
	}
	if known, asked := w.found[service]; asked {
		return known
	}
	below := map[string]bool{}
	for _, id := range w.Documents.BIA.Below(service) {
		below[id] = true
	}
	for _, root := range w.Verdict.Roots {
		if below[root] {
			roots = append(roots, root)
		}
	}
	if w.found != nil {
		w.found[service] = roots
	}
	return roots
}

// rearm is when a service's fuse is whole again; zero: it is whole.
func (w World) rearm(service string) (again time.Time, incident string) {
	at, incident, ok := w.Blown(service)
	if !ok {
		return time.Time{}, ""
	}
	again = at.Add(w.declaration().RearmAfter)
	if !w.Now.Before(again) {
		return time.Time{}, ""
	}
	return again, incident
}

// deadlines are the instants, after the present one, at which the clock alone may make a rule speak.
type deadlines struct {
	after time.Time
	all   []time.Time
}

func (d *deadlines) add(at time.Time) {
	if at.After(d.after) {
		d.all = append(d.all, at)
	}
}

// Off is who disarmed, and when.
type Off struct {
	By Actor
	At time.Time
}

// A fuse is a service's last automatic invocation.
type fuse struct {
	at       time.Time
	incident string
}
