package exercise

import (
	"fmt"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// hand carries out effects in a rehearsal: messages are delivered and machines do what they are told, at once, unless
// the scenario has a line that says how a step goes. Such a step is under way until then.
type hand struct {
	announced map[string]int       // how many lines about a step are still to come
	ready     map[string][]Machine // said before any attempt was under way
	under     []incident.Effect    // under way
	ended     []incident.Result    // what the scenario has just ended
	begun     map[string]bool      // by key and attempt
	lost      map[string]bool      // who cannot be reached
}

func newHand(s *Scenario) *hand {
	h := &hand{announced: map[string]int{}, ready: map[string][]Machine{}, begun: map[string]bool{}, lost: map[string]bool{}}
	for _, l := range s.Lines {
		if l.Machine != nil {
			h.announced[l.Machine.Step]++
		}
	}
	return h
}

// said ends the attempt that is under way as the scenario has it, or keeps that for the next attempt.
func (h *hand) said(m Machine) {
	h.announced[m.Step]--
	for i, e := range h.under {
		if isStep(e, m.Step) {
			h.under = slices.Delete(h.under, i, i+1)
			h.ended = append(h.ended, m.result(e))
			return
		}
	}
	h.ready[m.Step] = append(h.ready[m.Step], m)
}

// carry begins every effect that is not under way and returns those that have ended.
func (h *hand) carry(wanted []incident.Effect, now time.Time, forbids func(time.Time, incident.Effect) (incident.Result, bool)) []incident.Result {
	results := h.ended
	h.ended = nil
	for _, e := range wanted {
		id := fmt.Sprintf("%s#%d", e.Key, e.Attempt)
		if h.begun[id] {
			continue
		}
		h.begun[id] = true
		if stopped, forbidden := forbids(now, e); forbidden {
			results = append(results, stopped)
			continue
		}
		if result, ended := h.begin(e); ended {
			results = append(results, result)
		}
	}
	h.under = slices.DeleteFunc(h.under, func(e incident.Effect) bool {
		late := !e.Until.IsZero() && !now.Before(e.Until)
		if late {
			results = append(results, incident.Result{Effect: e, Outcome: incident.TimedOut, Reason: "no answer in time"})
		}
		return late
	})
	return results
}

// begin carries out one effect, or leaves it under way.
func (h *hand) begin(e incident.Effect) (incident.Result, bool) {
	if e.Notice != nil && h.lost[e.Notice.Person] {
		return incident.Result{Effect: e, Outcome: incident.Failed, Reason: "no channel reached them"}, true
	}
	if e.Notice != nil {
		return incident.Result{Effect: e, Channel: "rehearsal"}, true
	}
	for _, name := range []string{e.Run + "/" + named(e), named(e)} {
		if ready := h.ready[name]; len(ready) > 0 {
			h.ready[name] = ready[1:]
			return ready[0].result(e), true
		}
		if h.announced[name] > 0 {
			h.under = append(h.under, e)
			return incident.Result{}, false
		}
	}
	return incident.Result{Effect: e, Output: "rehearsed"}, true
}

// nextAt is when an attempt that is under way has to be given up.
func (h *hand) nextAt() (next time.Time, ok bool) {
	for _, e := range h.under {
		if !e.Until.IsZero() && (!ok || e.Until.Before(next)) {
			next, ok = e.Until, true
		}
	}
	return next, ok
}

func isStep(e incident.Effect, step string) bool {
	return step == named(e) || step == e.Run+"/"+named(e)
}

// named is how a scenario names an effect: by its step, and an undo as "fence/undo".
func named(e incident.Effect) string {
	if e.Undo {
		return e.Step + "/undo"
	}
	return e.Step
}

func (m Machine) result(e incident.Effect) incident.Result {
	if m.Failed {
		return incident.Result{Effect: e, Outcome: incident.Failed, Reason: m.Reason}
	}
	if want := wanted(e); want != nil && m.Reason != unsaid && !playbooks.Says(m.Reason, want) {
		return incident.Result{Effect: e, Outcome: incident.TimedOut, Reason: fmt.Sprintf("it answered %q, which is not what the playbook wants it to say: whether it was done is not known", m.Reason)}
	}
	return incident.Result{Effect: e, Output: m.Reason}
}

// wanted is what a target has to answer; nil: nothing in particular.
func wanted(e incident.Effect) any {
	switch {
	case e.Do != nil && e.Do.HTTP != nil:
		return e.Do.HTTP.Reply
	case e.Do != nil && e.Do.NATS != nil:
		return e.Do.NATS.Reply
	}
	return nil
}
