package console

import (
	"strings"
	"time"

	"holdfast/incident"
)

// A Halt is a brake that people have put on a run or on a step of it: nothing of that starts before it is taken off.
type Halt struct {
	Step   string         `json:"step,omitempty"` // as an order names it; missing: the whole run
	By     incident.Actor `json:"by"`
	Since  time.Time      `json:"since"`
	Until  time.Time      `json:"until,omitzero"` // missing: until somebody lets it go on
	Reason string         `json:"reason"`
	Resume string         `json:"resume"` // what to type to let it go on
}

// Kind is what somebody did, in a word that nobody overlooks.
func (h Halt) Kind() string {
	if h.Step == "" {
		return "PAUSED"
	}
	return "HELD"
}

// Says is who put the brake on, since when, until when and why.
func (h Halt) Says() string {
	text := Braked("", incident.Brake{By: h.By, At: h.Since, Until: h.Until, Reason: h.Reason})
	if h.Step == "" {
		return strings.TrimSpace(text) + "; nothing of it starts"
	}
	return strings.TrimSpace(text) + "; it does not start, and takes no answer that would let it go on"
}

// haltsOf are the brakes on a run that is not over, the one on the whole run first.
func haltsOf(i incident.Incident, run incident.Run) (halts []Halt) {
	if !run.Active() {
		return nil
	}
	add := func(b *incident.Brake, step, named string) {
		if b != nil {
			halts = append(halts, Halt{Step: step, By: b.By, Since: b.At, Until: b.Until, Reason: b.Reason, Resume: CommandLine(incident.VerbResume, i.ID, named)})
		}
	}
	add(run.Paused, "", run.ID)
	for _, s := range run.Steps {
		if s.Ended.IsZero() {
			add(s.Held, stepName(i, run, s), run.ID+"/"+s.ID)
		}
	}
	return halts
}

// Paused is the brake on the whole run; nil if there is none.
func (r RunStatus) Paused() *Halt {
	if len(r.Halts) > 0 && r.Halts[0].Step == "" {
		return &r.Halts[0]
	}
	return nil
}

// Held is the brake on a step as an order names it; nil if there is none.
func (r RunStatus) Held(step string) *Halt {
	for n, h := range r.Halts {
		if h.Step == step && step != "" {
			return &r.Halts[n]
		}
	}
	return nil
}

// Stops says what does not happen after an answer to a step, since somebody has put a brake on; empty: nothing.
func (r RunStatus) Stops(step string) string {
	switch {
	case r.Held(step) != nil:
		return "HELD"
	case r.Paused() != nil:
		return "run PAUSED: nothing starts after it"
	}
	return ""
}

// forbidden takes back the offer to send a step again that a rule forbids now, and says which.
func (w *WaitingStep) forbidden(why string) {
	if why == "" || w.Status != incident.Stuck {
		return
	}
	w.Verbs = without(w.Verbs, incident.VerbRetry)
	if !strings.Contains(w.Reason, why) {
		w.Reason = strings.TrimPrefix(w.Reason+"; it may not be sent again now: "+why, "; ")
	}
}
