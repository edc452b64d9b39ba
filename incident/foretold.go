package incident

import (
	"slices"
	"time"
)

// Foretold is what was forecast of a run at a record of its life, against what came.
type Foretold struct {
	At       time.Time `json:"at"`
	After    string    `json:"after"`    // the record, in a sentence
	Expected Expected  `json:"expected"` // as it was forecast then
	HeldUpBy []string  `json:"held_up_by,omitempty"`
	Off      Span      `json:"off,omitempty"`  // actual less P50: positive, where it took longer than forecast; where the actual is known
	Kept     bool      `json:"kept,omitempty"` // the actual was no later than P90
}

// Forecasts are how the forecast of a run went: when it began, and after each record by which it moved, against the recovery of
// the service that it was for, once that is known. It is worked out from the records alone, as the run saw it then.
func (i Incident) Forecasts(id string) (all []Foretold) {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == id })
	if n < 0 || i.Runs[n].Playbook == nil {
		return nil
	}
	var then Incident
	for _, record := range i.Timeline {
		then = then.apply(record) // nobody else has this timeline: it may grow in place
		if _, told := record.Event.(Notified); told {
			continue
		}
		if f, moved := then.foretold(i.Runs[n], record, all); moved {
			all = append(all, f)
		}
	}
	if actual, known := i.recoveredBy(i.Runs[n]); known {
		for n := range all {
			all[n].Off = Span(actual.Sub(all[n].Expected.P50))
			all[n].Kept = !actual.After(all[n].Expected.P90)
		}
	}
	return all
}

// foretold is what was forecast of a run after a record, if that moved it.
func (i Incident) foretold(as Run, record Record, before []Foretold) (Foretold, bool) {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == as.ID })
	if n < 0 || !i.Runs[n].Active() {
		return Foretold{}, false
	}
	if _, over := i.recoveredBy(i.Runs[n]); over {
		return Foretold{}, false
	}
	run := i.Runs[n]
	run.plan, run.known = as.plan, as.known
	f := i.Forecast(run, record.At)
	if f.Recovered == nil || f.Recovered.Actual {
		return Foretold{}, false
	}
	if len(before) > 0 && before[len(before)-1].Expected == *f.Recovered {
		return Foretold{}, false
	}
	return Foretold{At: record.At, After: Sentence(record), Expected: *f.Recovered, HeldUpBy: f.HeldUpBy}, true
}

// recoveredBy is when the service came back that a run was for, in the episode that it was for.
func (i Incident) recoveredBy(run Run) (time.Time, bool) {
	for _, c := range i.Recoveries {
		if c.Service == run.Service && !c.Restored.IsZero() && c.Restored.After(run.Started) {
			return c.Restored, true
		}
	}
	return time.Time{}, false
}
