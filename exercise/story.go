package exercise

import (
	"cmp"
	"slices"
	"time"

	"holdfast/detector"
	"holdfast/incident"
)

// A Story is what came of a scenario, in order.
type Story struct {
	Title   string
	Start   time.Time
	Changes []Change

	desk     *incident.Desk // as it was left
	scenario *Scenario
}

// Reports are the after-action reports of all incidents of the story, the first first. Each says that it is of a scenario.
func (s Story) Reports() (all []incident.Report) {
	incidents := s.desk.Incidents()
	slices.Reverse(incidents)
	for _, i := range incidents {
		report, _ := s.desk.Report(i.ID, s.scenario.End, nil)
		report.Setting.Scenario = cmp.Or(s.Title, "without a title")
		all = append(all, report)
	}
	return all
}

// A Change is one thing in a story. Exactly one of Event, Line and Refusal is there.
type Change struct {
	T        time.Duration // from the start of the scenario
	Incident string
	Event    incident.Event    // what holdfast put on record
	Line     *Line             // what monitoring or a person said
	Refusal  *incident.Refusal // what a person was refused

	Step     *incident.StepState // the step that the event is about, after it
	Recovery *incident.Recovery  // the recovery clock of the service that the event is about, after it
	Forecast *incident.Foretold  // of an invocation: what is forecast of it; of a recovery: what was when its run began
}

// verdict is what a change of level says.
func (c Change) verdict() (detector.Verdict, bool) {
	e, ok := c.Event.(incident.Classified)
	return e.Verdict, ok
}

// about is the step or the service that an event is about.
func about(event incident.Event) (run, step, service string) {
	switch e := event.(type) {
	case incident.StepStarted:
		return e.Run, e.Step, ""
	case incident.Acknowledged:
		return e.Run, e.Step, ""
	case incident.StepApproved:
		return e.Run, e.Step, ""
	case incident.StepDeclined:
		return e.Run, e.Step, ""
	case incident.StepDone:
		return e.Run, e.Step, ""
	case incident.StepFailed:
		return e.Run, e.Step, ""
	case incident.StepSkipped:
		return e.Run, e.Step, ""
	case incident.Escalated:
		return e.Run, e.Step, ""
	case incident.StepForbidden:
		return e.Run, e.Step, ""
	case incident.AcknowledgementLapsed:
		return e.Run, e.Step, ""
	case incident.RuleOverruled:
		return e.Run, e.Step, ""
	case incident.HandOverOffered:
		return e.Run, e.Step, ""
	case incident.StepHeld:
		return e.Run, e.Step, ""
	case incident.StepReleased:
		return e.Run, e.Step, ""
	case incident.StillHeld:
		return e.Run, e.Step, ""
	case incident.UndoStarted:
		return e.Run, e.Step, ""
	case incident.UndoDone:
		return e.Run, e.Step, ""
	case incident.UndoFailed:
		return e.Run, e.Step, ""
	case incident.UndoSkipped:
		return e.Run, e.Step, ""
	case incident.ObjectiveAtRisk:
		return "", "", e.Service
	case incident.ObjectiveMissed:
		return "", "", e.Service
	case incident.Restored:
		return "", "", e.Service
	case incident.Relapsed:
		return "", "", e.Service
	}
	return "", "", ""
}

// met are the criteria that carry a verdict's level.
func met(v detector.Verdict) []string {
	ids := []string{}
	for _, c := range v.Explanation.Criteria {
		if c.Answer == detector.Met && c.Level >= v.Level {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func services(v detector.Verdict) []string {
	ids := []string{}
	for _, o := range v.Services {
		ids = append(ids, o.Service)
	}
	return ids
}
