package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/playbooks"
)

// pending is a step before anything happened to it.
func pending(p *playbooks.Step) StepState {
	s := StepState{ID: p.ID, Kind: p.Kind(), Phase: p.Phase, Text: asked(p), Role: p.Role, Status: Pending, Milestone: p.Milestone}
	if s.Kind == playbooks.KindDecide {
		s.Needed = max(p.Approvals, 1)
	}
	if p.Ack != nil {
		s.Role = p.Ack.Role
	}
	return s
}

// asked is what a step asks or does, for people.
func asked(p *playbooks.Step) string {
	switch p.Kind() {
	case playbooks.KindNotify:
		about, _, _ := strings.Cut(strings.TrimSpace(p.Message), "\n")
		return strings.TrimSuffix("tell "+strings.Join(p.Notify, ", ")+": "+about, ": ")
	case playbooks.KindDo:
		return p.Do
	case playbooks.KindDecide:
		return p.Decide
	case playbooks.KindRun:
		return call(p.Run.HTTP, p.Run.NATS, p.Run.Exec)
	case playbooks.KindVerify:
		if p.Verify.Prometheus != nil {
			return "verify that " + p.Verify.Prometheus.String()
		}
		if p.Verify.Service == "" {
			return "verify: " + call(p.Verify.HTTP, p.Verify.NATS, nil) + answers(p.Verify)
		}
		level := "at or above its MBCO"
		if p.Verify.At == "full" {
			level = "fully up"
		}
		return fmt.Sprintf("verify that %s is %s for %s", p.Verify.Service, level, span(p.Verify.For))
	}
	if p.Invoke != "" {
		return "invoke the playbook " + p.Invoke
	}
	return "wait " + span(p.Wait)
}

// answers is what has to come back for a verify step to be true, where that is more than any success.
func answers(v *playbooks.Verify) string {
	var parts []string
	var reply any
	switch {
	case v.HTTP != nil:
		if v.HTTP.Expect != 0 {
			parts = append(parts, fmt.Sprintf("status %d", v.HTTP.Expect))
		}
		reply = v.HTTP.Reply
	case v.NATS != nil:
		reply = v.NATS.Reply
	}
	if reply != nil {
		parts = append(parts, "an answer that says"+inJSON(reply))
	}
	if len(parts) == 0 {
		return ""
	}
	return " has to come back with " + strings.Join(parts, " and ")
}

func call(h *playbooks.HTTP, n *playbooks.NATS, x *playbooks.Exec) string {
	switch {
	case h != nil:
		return h.Method + " " + h.URL
	case n != nil:
		return "request " + n.Subject
	case x != nil:
		return strings.Join(append([]string{"command", x.Command}, x.Args...), " ")
	}
	return ""
}

// asks reports whether a person has to act for the step to end.
func asks(p *playbooks.Step) bool { return p.Kind().Human() || p.Ack != nil }

// effective reports whether hands have to act on the world for the step.
func effective(p *playbooks.Step) bool {
	return p.Kind() == playbooks.KindRun || p.Kind() == playbooks.KindVerify && p.Verify.Service == ""
}

// within is how long a person has before the next one is told.
func within(p *playbooks.Step) time.Duration {
	if p.Ack != nil {
		return p.Ack.Within
	}
	return p.Within
}

func (s *StepState) started(at time.Time, p *playbooks.Step, e StepStarted) {
	if s.Started.IsZero() {
		s.Started = at
	}
	if e.Key != s.Key {
		s.Class, s.Tries = s.Class+1, 0
		s.Acked, s.AckedAt, s.Offered, s.Approvals, s.Rung, s.Escalated = Actor{}, time.Time{}, nil, nil, 0, nil
	}
	if e.By.Person != "" {
		s.Retried = append(slices.Clip(s.Retried), Approval{By: e.By, At: at})
	}
	s.Tries++
	s.Attempt, s.Key, s.Epoch, s.Sent, s.Until, s.Again = e.Attempt, e.Key, e.Epoch, at, e.Until, time.Time{}
	s.Values, s.Release, s.Changed = e.Values, e.Release, time.Time{}
	s.For, s.Frozen, s.Ended = e.For, e.Frozen, time.Time{}
	if put, err := p.With(e.Values); err == nil && len(e.Values) > 0 {
		s.Text = asked(put)
	}
	s.Status = Running
	if asks(p) {
		s.Status = Waiting
	}
}

// acknowledged notes who took the step, and gives them the time that it has once more before it escalates.
func (s *StepState) acknowledged(at time.Time, p *playbooks.Step, e Acknowledged) {
	s.Acked, s.AckedAt, s.Offered = e.By, at, nil
	switch {
	case s.Status != Waiting:
	case !e.Until.IsZero():
		s.Until = e.Until
	case within(p) > 0:
		s.Until = at.Add(within(p))
	default: // the time in which somebody was to take it is over, and there is none for what it takes
		s.Until = time.Time{}
	}
}

func (s *StepState) failed(at time.Time, p *playbooks.Step, e StepFailed) {
	s.FailedAt, s.Outcome, s.Reason, s.By, s.Again, s.Until = at, e.Outcome, e.Reason, e.By, e.Again, time.Time{}
	s.Acked, s.AckedAt, s.Offered = Actor{}, time.Time{}, nil
	switch {
	case !e.Again.IsZero():
		s.Status = Retrying
	case passesOver(p, e.Outcome):
		s.Status, s.Ended = Given, at
	default:
		s.stuck(p)
	}
}

// stuck leaves a step to people: those it asks, the authority and, where the playbook says escalate, the roles that it
// escalates to, who are told and so may act.
func (s *StepState) stuck(p *playbooks.Step) {
	s.Status = Stuck
	if p.OnFailure == "escalate" {
		s.Escalated = join(s.Escalated, p.Escalate)
	}
}

// WaysOut are what can be said of a step that is stuck, for the run to go on. A decision is never left out, and to say of a
// playbook within that it is done would begin it.
func (s StepState) WaysOut() []Verb {
	switch s.Kind {
	case playbooks.KindDecide:
		return []Verb{VerbRetry}
	case playbooks.KindInvoke:
		return []Verb{VerbRetry, VerbSkip}
	}
	return []Verb{VerbDone, VerbRetry, VerbSkip}
}

// wayOut are the ways out in words.
func (s StepState) wayOut() string {
	var words []string
	for _, verb := range s.WaysOut() {
		words = append(words, string(verb))
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " or " + words[last]
	}
	return words[0]
}

// passesOver reports whether the run goes on by itself after a failure. What is in doubt or unclear never passes unseen.
func passesOver(p *playbooks.Step, o Outcome) bool {
	return p.OnFailure == "continue" && o != InDoubt && o != Unclear
}

func (s *StepState) escalated(e Escalated) {
	s.Rung, s.Until = e.Rung, e.Until
	s.Escalated = join(s.Escalated, []string{e.Role})
}

func (s *StepState) end(at time.Time, status StepStatus, by Actor, reason string) {
	s.Status, s.Ended, s.By, s.Reason = status, at, by, reason
	s.Until, s.Again, s.Held, s.Offered = time.Time{}, time.Time{}, nil, nil
}

// ended reports whether nothing more happens to the step.
func (s StepState) ended() bool {
	switch s.Status {
	case Done, Declined, Skipped, Given, CalledOff:
		return true
	}
	return false
}

// bars reports whether a step behind this one does not go on: a decision went against it, here or further up. A no to what was
// asked once more is about one step; what else was approved the first time stays approved.
func (s StepState) bars(step string) bool {
	return s.Status == Declined && (s.For == "" || s.For == step) || s.Status == Skipped && s.By.Rule == ruleDeclined
}

// decided reports whether a decision let a step happen.
func (s StepState) decided(step string) bool {
	return s.Status == Done || s.Status == Declined && !s.bars(step)
}

// actors are the roles whose holders may act on the step.
func (s StepState) actors() []string { return join([]string{s.Role}, s.Escalated) }

// Active reports whether the run still goes on.
func (r Run) Active() bool { return r.Ended.IsZero() }

func (r Run) covers(service string) bool {
	return r.Service == service || slices.Contains(r.Covers, service)
}

// busy is a step that hands are at, or whose undo they are at.
func (r Run) busy() (StepState, bool) {
	for n, s := range r.Steps {
		if s.Status == Running && effective(&r.Playbook.Steps[n]) {
			return s, true
		}
		if s.Undo != nil && s.Undo.Status == Running {
			return *s.Undo, true
		}
	}
	return StepState{}, false
}

// indexOf is the place of a step; -1: there is none. A step is large, and a history looks for very many: they are looked at where
// they are.
func (r *Run) indexOf(id string) int {
	for n := range r.Steps {
		if r.Steps[n].ID == id {
			return n
		}
	}
	return -1
}

// state finds a step by id.
func (r Run) state(id string) (StepState, bool) {
	n := r.indexOf(id)
	if n < 0 {
		return StepState{}, false
	}
	return r.Steps[n], true
}

// active counts the runs that still go on.
func (i Incident) active() (n int) {
	for _, r := range i.Runs {
		if r.Active() {
			n++
		}
	}
	return n
}

// span writes a duration as people do: "10m", "1h30m".
func span(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// stamp writes an instant for people, to the second and in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
