package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// A Deactivation is one of the criteria by which standing down is recommended, as it stands. All of them have to hold; only
// a person stands down.
type Deactivation struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Holds bool   `json:"holds"`
	Why   string `json:"why,omitempty"` // it does not
}

// The criteria that always apply.
const (
	deactivateRestored = "restored"
	deactivateCriteria = "no_disaster_criterion"
	deactivateRuns     = "runs_ended"
	deactivateDoubt    = "nothing_in_doubt"
	deactivateOver     = "situation_over" // of an incident of which nothing was measured, and for which nothing was run
	deactivateOwn      = "deactivate"
)

// deactivation are the criteria by which standing down is recommended.
func (i Incident) deactivation(w World) []Deactivation {
	all := []Deactivation{
		{ID: deactivateRestored, Text: "everything that the disaster is about is back, for its recover_for", Why: missing("not back: ", i.notBack())},
		{ID: deactivateCriteria, Text: "no criterion of a disaster is met", Why: missing("met: ", ids(grounds(w.Verdict)))},
		{ID: deactivateRuns, Text: "no run goes on, and none waits for its turn", Why: missing("still going on: ", i.unended())},
		{ID: deactivateDoubt, Text: "no step is in doubt", Why: missing("in doubt: ", i.inQuestion())},
	}
	if i.bare() {
		all = append(all, Deactivation{ID: deactivateOver, Text: "what it was opened for is over: every observer of it speaks, and nothing in it is worse than it should be", Why: i.goesOn(w)})
	}
	if d := w.declaration().Deactivate; d != nil && d.Condition != nil {
		own := Deactivation{ID: deactivateOwn, Text: strings.Join(strings.Fields(d.When), " "), Why: "it does not hold"}
		switch is, _ := w.Facts.Ask(d.Condition, nil); {
		case is.Holds:
			own.Why = ""
		case is.Unsure:
			own.Why = "it cannot be told: " + is.Why
		}
		all = append(all, own)
	}
	for n := range all {
		all[n].Holds = all[n].Why == ""
	}
	return all
}

func missing(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return what + strings.Join(names, ", ")
}

// unended are the runs that go on, and the invocations that wait for their turn.
func (i Incident) unended() (all []string) {
	for _, r := range i.Runs {
		if r.Active() {
			all = append(all, fmt.Sprintf("run %s (%s)", r.ID, r.Name))
		}
	}
	for _, q := range i.Queued {
		all = append(all, q.Playbook+", which waits for its turn")
	}
	return all
}

// inQuestion are the steps of which nobody knows whether they took effect, and the undoes that nobody has decided on.
func (i Incident) inQuestion() (all []string) {
	for _, r := range i.Runs {
		for _, s := range r.Steps {
			unknown := s.Status == Stuck && (s.Outcome == InDoubt || s.Outcome == TimedOut)
			if r.Active() && (unknown || s.Undo != nil && s.Undo.Status == Stuck) {
				all = append(all, r.ID+"/"+s.ID)
			}
		}
	}
	return all
}

// bare reports whether no outage of the incident was measured, and nothing was run for it: lost monitoring that a person
// has declared, say. Then that its services are back and its runs are over says nothing.
func (i Incident) bare() bool { return len(i.Recoveries)+len(i.Runs) == 0 }

// goesOn is what an incident was opened for and what is still so; empty: it is over.
func (i Incident) goesOn(w World) string {
	switch {
	case strings.HasPrefix(i.Key, byHand):
		return "a person said so, nothing of it was measured, and nothing was run: only people know when it is over"
	case w.Verdict == nil || stillOn(*w.Verdict):
		var met []string
		if w.Verdict != nil {
			met = w.Verdict.MetCriteria()
		}
		return missing("still so: ", orElse(met, "what it was opened for"))
	}
	return ""
}

// stillOn reports whether a situation is one that an incident is opened for.
func stillOn(v detector.Verdict) bool { return v.Open && v.Level > detector.Event }

// quiet reports whether all of them hold. An incident without a measured outage (declared by hand) is quiet after its runs; one
// without runs either when what it was opened for is over.
func (i Incident) quiet(w World) bool {
	if planted.Is(planted.QuietTooSoon) {
		return i.active() == 0 && len(i.Runs) > 0
	}
	if !i.allRestored() || i.active() > 0 {
		return false // asked first, since it costs nothing
	}
	return !slices.ContainsFunc(i.deactivation(w), func(d Deactivation) bool { return !d.Holds })
}

// unfinished is what keeps standing down from being recommended, in words.
func (i Incident) unfinished(w World) string {
	var why []string
	for _, d := range i.deactivation(w) {
		if !d.Holds {
			why = append(why, d.Why)
		}
	}
	return orText(strings.Join(why, "; "), "all that it takes holds, and it is just about to be")
}

// turns is when an expression of bia.yaml that is all that keeps standing down from being recommended holds by the clock alone;
// zero: never.
func (i Incident) turns(w World) time.Time {
	d := w.declaration().Deactivate
	if i.Declared == nil || d == nil || d.Condition == nil || !i.StandDownRecommendedAt.IsZero() || !i.allRestored() || i.active() > 0 {
		return time.Time{}
	}
	for _, c := range i.deactivation(w) {
		if c.Holds == (c.ID == deactivateOwn) { // it holds, or something else does not
			return time.Time{}
		}
	}
	_, until := w.Facts.Ask(d.Condition, nil)
	if !until.After(w.Now) {
		return time.Time{}
	}
	return until
}

// Deactivation are the criteria by which standing down from an incident is recommended, as they stand at now; nil where
// nothing was declared.
func (d *Desk) Deactivation(now time.Time, i Incident) []Deactivation {
	if d.detector == nil || i.Declared == nil || !i.Open() {
		return nil
	}
	f := d.draft(now)
	p := f.pair()
	v, _ := p.of(i.seat)
	return i.deactivation(f.world(i, v))
}

// offerRest says, once for each recovery, that the rest of a run may be left out: all that it covers is back before the plan
// has done what it is for. Nothing is dropped by that; the run goes on until a person says otherwise.
func (i Incident) offerRest(w World) []Event {
	for _, run := range i.Runs {
		if run.Active() && run.Ending == nil && len(run.Offered) == 0 && run.Playbook != nil && i.isBack(run) && run.unfinished() {
			return []Event{RestOffered{Run: run.ID, Steps: run.open(), Tell: w.duty().lines(affected(w, run)...)}}
		}
	}
	return nil
}

// isBack reports whether all that a run covers was measured and is restored.
func (i Incident) isBack(run Run) bool {
	measured := false
	for _, service := range union(run.Covers, []string{run.Service}) {
		c, ok := i.Recovery(service)
		if ok && c.Restored.IsZero() {
			return false
		}
		measured = measured || ok
	}
	return measured
}

// unfinished reports whether a run has not yet done what brings its services back: something that acts is still to come
// before the milestone "recovered", or, where its playbook has none, before reconstitution.
func (r Run) unfinished() bool {
	before := func(s *playbooks.Step) bool { return s.Phase != playbooks.Reconstitution }
	if n := slices.IndexFunc(r.Playbook.Steps, func(s playbooks.Step) bool { return s.Milestone == "recovered" }); n >= 0 {
		leads := r.Playbook.LeadsTo(r.Playbook.Steps[n].ID)
		before = func(s *playbooks.Step) bool { return leads[s.ID] }
	}
	for n := range r.Steps {
		p := &r.Playbook.Steps[n]
		acts := p.Kind() == playbooks.KindRun || p.Kind().Human()
		if acts && !r.Steps[n].ended() && before(p) {
			return true
		}
	}
	return false
}

// open are the steps that have not ended.
func (r Run) open() (steps []string) {
	for _, s := range r.Steps {
		if !s.ended() {
			steps = append(steps, s.ID)
		}
	}
	return steps
}

// orderSkipRest leaves out all that is open in a run, decisions too: with what comes after them, nothing is approved by that.
func (i Incident) orderSkipRest(w World, person string, c Command) ([]Event, error) {
	run, err := i.runMeant(c)
	if err != nil {
		return nil, err
	}
	by, err := w.duty().entitled(person, "leave out the rest of run "+run.ID, authority(w.declaration()))
	switch s, busy := run.busy(); {
	case err != nil:
		return nil, err
	case run.Ending != nil:
		return nil, before(run.Ending.By, run.Ending.At, "run %s was already %s by %s at %s%s", run.ID, run.Ending.Result, who(run.Ending.By), stamp(run.Ending.At), because(run.Ending.Reason))
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to leave out the rest needs a reason")
	case !i.isBack(run):
		return nil, Refuse("not all that run %s covers is back: %s; skip single steps, or abort it", run.ID, listed(i.unrestored(run)))
	case busy:
		return nil, before(Actor{}, s.Sent, "%s is being carried out since %s; wait for it, at most until %s", stepName(run.ID, s.ID), stamp(s.Sent), stamp(s.Until))
	}
	return []Event{RestSkipped{Run: run.ID, Steps: run.open(), By: by, Reason: c.Reason}}, nil
}

// restSkipped leaves the steps out; the run has then come to its end.
func (i *Incident) restSkipped(at time.Time, e RestSkipped) {
	i.run(e.Run, func(r *Run) {
		r.Ending = &Ending{Result: resultCutShort, By: e.By, At: at, Reason: e.Reason}
		r.Paused, r.Steps = nil, slices.Clone(r.Steps)
		for n := range r.Steps {
			if s := &r.Steps[n]; slices.Contains(e.Steps, s.ID) && !s.ended() {
				s.end(at, Skipped, e.By, e.Reason)
			}
		}
	})
}
