package exercise

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"time"

	"holdfast/detector"
	"holdfast/incident"
)

// An entry is one change as programs read it. Times are durations from the start of the scenario, as Go writes them.
type entry struct {
	T        string `json:"t"`
	Kind     string `json:"kind"`
	Incident string `json:"incident,omitempty"`

	Level    string   `json:"level,omitempty"`   // the highest reached while the situation is open; event when it is over
	Current  string   `json:"current,omitempty"` // what holds at this instant, which may have fallen
	Criteria []string `json:"criteria,omitzero"`
	Services []string `json:"services,omitzero"`
	Lost     []string `json:"lost,omitempty"` // failure domains

	Service   string   `json:"service,omitempty"`
	By        string   `json:"by,omitempty"` // a person, or the rule
	Automatic bool     `json:"automatic,omitempty"`
	Gate      string   `json:"gate,omitempty"`
	Round     int      `json:"round,omitempty"`
	Run       string   `json:"run,omitempty"`
	Playbook  string   `json:"playbook,omitempty"`
	Missing   []string `json:"missing,omitempty"`
	Step      string   `json:"step,omitempty"`
	Status    string   `json:"status,omitempty"` // of a step: started, acknowledged, approved, declined, done, skipped; or how it failed; of objective_at_risk, how bad
	Attempt   int      `json:"attempt,omitempty"`
	Role      string   `json:"role,omitempty"`
	Result    string   `json:"result,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	At        string   `json:"at,omitempty"` // the instant that the change is about
	RTA       string   `json:"rta,omitempty"`
	P50       string   `json:"p50,omitempty"` // when it is (of recovered: was, when its run began) forecast: as likely too early as too late
	P90       string   `json:"p90,omitempty"` // and too early once in ten times
	HeldUpBy  []string `json:"held_up_by,omitempty"`
	Tell      []string `json:"tell,omitempty"` // people
}

// JSON is the story as one JSON object a line for each change; what the scenario itself says is no change.
func (s Story) JSON() []byte {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	levels := map[string]entry{}
	for _, c := range s.Changes {
		e, ok := s.entry(c)
		if !ok || e.Kind == "level" && reflect.DeepEqual(levels[c.Incident], e) {
			continue
		}
		if e.Kind == "level" {
			levels[c.Incident] = e
		}
		e.T, e.Incident = c.T.String(), c.Incident
		_ = out.Encode(e) // a buffer takes everything, and an entry is made of texts and numbers
	}
	return b.Bytes()
}

func (s Story) entry(c Change) (entry, bool) {
	if c.Refusal != nil {
		return entry{Kind: "refused", Reason: c.Refusal.Reason, By: actor(c.Refusal.By)}, true
	}
	if c.Event == nil {
		return entry{}, false
	}
	for _, read := range []func(incident.Event) (entry, bool){s.decided, s.stepped, s.ran, s.controlled, s.measured} {
		if e, ok := read(c.Event); ok {
			if e.Kind == "" {
				e.Kind = string(c.Event.Kind())
			}
			if c.Recovery != nil && e.Kind == "recovered" {
				rta, _ := c.Recovery.RTA()
				e.RTA = rta.String()
			}
			if f := c.Forecast; f != nil {
				e.P50, e.P90 = s.at(f.Expected.P50), s.at(f.Expected.P90)
			}
			return e, true
		}
	}
	return entry{}, false
}

// decided are the level and the decisions about it.
func (s Story) decided(event incident.Event) (entry, bool) {
	switch e := event.(type) {
	case incident.Classified:
		v := e.Verdict
		highest := v.Level
		if !v.Open {
			highest = detector.Event
		}
		return entry{Kind: "level", Level: highest.String(), Current: v.Current.String(), Criteria: met(v), Services: services(v), Lost: v.Lost}, true
	case incident.DecisionDue:
		return entry{Service: e.Service, Round: e.Round, At: s.at(e.LTI), Tell: e.Tell}, true
	case incident.Recommended:
		return entry{Criteria: e.Criteria, Gate: e.Gate, Tell: e.Tell}, true
	case incident.Declared:
		pinned := []string{}
		for _, p := range e.Services {
			pinned = append(pinned, p.Service)
		}
		return entry{Criteria: e.Criteria, Services: pinned, By: actor(e.By), Automatic: e.Automatic, Reason: e.Reason, Tell: e.Tell}, true
	case incident.DeclarationDeclined:
		return entry{Criteria: e.Criteria, By: actor(e.By), Reason: e.Reason, At: s.at(e.Until)}, true
	case incident.Estimated:
		return entry{Service: e.Service, By: actor(e.By), Reason: e.Reason, At: s.at(e.End)}, true
	case incident.Armed:
		return entry{By: actor(e.By), Reason: e.Reason}, true
	case incident.Disarmed:
		return entry{By: actor(e.By), Reason: e.Reason}, true
	case incident.StandDownRecommended:
		return entry{Tell: e.Tell}, true
	case incident.StoodDown:
		return entry{By: actor(e.By), Reason: e.Reason, Tell: e.Tell}, true
	case incident.Noted:
		return entry{By: actor(e.By), Reason: e.Text}, true
	}
	return entry{}, false
}

// stepped are the steps.
func (s Story) stepped(event incident.Event) (entry, bool) {
	e := entry{Kind: "step"}
	switch v := event.(type) {
	case incident.StepStarted:
		e.Run, e.Step, e.Status, e.Attempt, e.At, e.By, e.Tell = v.Run, v.Step, "started", v.Attempt, s.at(v.Until), actor(v.By), v.Tell
	case incident.Acknowledged:
		e.Run, e.Step, e.Status, e.By = v.Run, v.Step, "acknowledged", actor(v.By)
	case incident.StepApproved:
		e.Run, e.Step, e.Status, e.By, e.Reason = v.Run, v.Step, "approved", actor(v.By), v.Reason
	case incident.StepDeclined:
		e.Run, e.Step, e.Status, e.By, e.Reason = v.Run, v.Step, "declined", actor(v.By), v.Reason
	case incident.StepDone:
		e.Run, e.Step, e.Status, e.By, e.Attempt = v.Run, v.Step, "done", actor(v.By), v.Attempt
	case incident.StepFailed:
		e.Run, e.Step, e.Status, e.By, e.Attempt = v.Run, v.Step, string(v.Outcome), actor(v.By), v.Attempt
		e.Reason, e.At, e.Tell = v.Reason, s.at(v.Again), v.Tell
	case incident.StepForbidden:
		e.Run, e.Step, e.Status, e.Attempt, e.Reason, e.Tell = v.Run, v.Step, "forbidden", v.Attempt, v.Rule+": "+v.Reason, v.Tell
		if v.Undo {
			e.Kind = "undo"
		}
	case incident.StepSkipped:
		e.Run, e.Step, e.Status, e.By, e.Reason = v.Run, v.Step, "skipped", actor(v.By), v.Reason
	default:
		return entry{}, false
	}
	return e, true
}

// ran are the runs around the steps.
func (s Story) ran(event incident.Event) (entry, bool) {
	switch e := event.(type) {
	case incident.Invoked:
		covers := e.Covers
		if len(covers) == 0 {
			covers = []string{e.Service}
		}
		return entry{Run: e.Run, Playbook: e.Playbook, Services: covers, By: actor(e.By), Reason: e.Reason}, true
	case incident.NoPlaybookFits:
		return entry{Service: e.Service, Playbook: e.Nearest, Missing: e.Missing, Tell: e.Tell}, true
	case incident.Escalated:
		return entry{Run: e.Run, Step: e.Step, Round: e.Rung, Role: e.Role, At: s.at(e.Until), Tell: e.Tell}, true
	case incident.RunEnded:
		return entry{Run: e.Run, Result: e.Result}, true
	}
	return entry{}, false
}

// controlled is what people do to a run as a whole, and what is taken back.
func (s Story) controlled(event incident.Event) (entry, bool) {
	switch e := event.(type) {
	case incident.RunPaused:
		return entry{Run: e.Run, By: actor(e.By), Reason: e.Reason, At: s.at(e.Until), Tell: e.Tell}, true
	case incident.RunResumed:
		return entry{Run: e.Run, By: actor(e.By), Reason: e.Reason}, true
	case incident.StepHeld:
		return entry{Kind: "step", Run: e.Run, Step: e.Step, Status: "held", By: actor(e.By), Reason: e.Reason, At: s.at(e.Until)}, true
	case incident.StillHeld:
		return entry{Run: e.Run, Step: e.Step, Tell: e.Tell}, true
	case incident.StepReleased:
		return entry{Kind: "step", Run: e.Run, Step: e.Step, Status: "released", By: actor(e.By), Reason: e.Reason}, true
	case incident.InvocationQueued:
		return entry{Service: e.Service, Playbook: e.Playbook, Missing: e.Behind, By: actor(e.By), Reason: e.Reason}, true
	case incident.RunSuperseded:
		return entry{Run: e.Run, Playbook: e.For, By: actor(e.By), Reason: e.Reason, Tell: e.Tell}, true
	case incident.RestOffered:
		return entry{Run: e.Run, Missing: e.Steps, Tell: e.Tell}, true
	case incident.RestSkipped:
		return entry{Run: e.Run, Missing: e.Steps, By: actor(e.By), Reason: e.Reason}, true
	case incident.RunAborted:
		return entry{Run: e.Run, By: actor(e.By), Reason: e.Reason, Tell: e.Tell}, true
	case incident.UndoStarted:
		return s.undo(incident.StepStarted(e))
	case incident.UndoDone:
		return s.undo(incident.StepDone(e))
	case incident.UndoFailed:
		return s.undo(incident.StepFailed(e))
	case incident.UndoSkipped:
		return s.undo(incident.StepSkipped(e))
	}
	return entry{}, false
}

// undo is what became of the undo of a step, in the words of a step.
func (s Story) undo(event incident.Event) (entry, bool) {
	e, ok := s.stepped(event)
	e.Kind = "undo"
	return e, ok
}

// measured are the recovery clocks.
func (s Story) measured(event incident.Event) (entry, bool) {
	switch e := event.(type) {
	case incident.ObjectiveAtRisk:
		return entry{Service: e.Service, Run: e.Run, Status: string(e.Risk), Reason: e.Objective, At: s.at(e.Deadline), P50: s.at(e.P50), P90: s.at(e.P90), HeldUpBy: e.HeldUpBy, Tell: e.Tell}, true
	case incident.ObjectiveMissed:
		return entry{Service: e.Service, Reason: e.Objective, At: s.at(e.Deadline), Tell: e.Tell}, true
	case incident.Restored:
		return entry{Kind: "recovered", Service: e.Service, Services: []string{e.Service}, At: s.at(e.At)}, true
	case incident.Relapsed:
		return entry{Service: e.Service, Services: []string{e.Service}, At: s.at(e.Since), Tell: e.Tell}, true
	}
	return entry{}, false
}

// at is an instant as a duration from the start; empty for none.
func (s Story) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Sub(s.Start).String()
}

func actor(a incident.Actor) string { return cmp.Or(a.Person, a.Rule, a.Role) }
