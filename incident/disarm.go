package incident

import (
	"fmt"
	"time"

	"holdfast/playbooks"
)

// ruleDisarmed is why an effect that waited for its turn when somebody disarmed was not carried out.
const ruleDisarmed = "disarmed"

// disarmed is why a step that acts on machines does not start: somebody has disarmed, and no person has let its run go on
// since; empty: it may. Whoever invokes, resumes or aborts a run, or has a step done once more, after that has let it;
// who declared or ordered before that, and whose run began only now, has not.
// Exercises reach nothing that is live, and go on.
func (l leg) disarmed(w World) string {
	off := w.Off
	if off.At.IsZero() || l.run.Exercise != "" || l.plan().Kind() != playbooks.KindRun {
		return ""
	}
	let := l.run.Resumed
	if l.run.By.Person != "" {
		let = later(let, l.run.ordered())
	}
	if e := l.run.Ending; e != nil && e.By.Person != "" {
		let = later(let, e.At)
	}
	if again := l.state().Retried; len(again) > 0 {
		let = later(let, again[len(again)-1].At)
	}
	if !let.Before(off.At) {
		return ""
	}
	run, _ := l.name()
	return fmt.Sprintf("%s disarmed at %s, so nothing that acts on machines starts by itself: holdfast resume %s %s lets this run go on, holdfast arm everything",
		who(off.By), stamp(off.At), l.incident, run)
}

// ordered is when the person said so by whom a run began.
func (r Run) ordered() time.Time {
	if r.Ordered.IsZero() {
		return r.Started
	}
	return r.Ordered
}

// disarmedRun is the same of whatever a run may still start; empty: nothing of it waits for that.
func (i Incident) disarmedRun(w World, run Run) string {
	if l, open := i.unsettled(run); open {
		return l.disarmed(w)
	}
	for n := range run.Steps {
		l := i.legOf(run, n)
		if run.Playbook != nil && !l.state().ended() && l.disarmed(w) != "" {
			return l.disarmed(w)
		}
	}
	return ""
}

// Disarmed are the runs of an incident that go on and of which nothing that acts on machines starts, since somebody has disarmed,
// each with what that person said and what lets it go on.
func (d *Desk) Disarmed(now time.Time, i Incident) map[string]string {
	stopped := map[string]string{}
	if d.detector == nil || !i.Open() || i.HandsOff != "" {
		return stopped
	}
	w := d.glance(now).world(i, nil)
	for _, run := range i.Runs {
		if why := i.disarmedRun(w, run); run.Active() && why != "" {
			stopped[run.ID] = why
		}
	}
	return stopped
}
