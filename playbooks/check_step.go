package playbooks

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

var stepKinds = []string{"notify", "do", "decide", "run", "verify", "wait", "invoke"}

// kindsOf says which kinds of step a key means something for; keys that are not here fit every kind. A key that has no
// effect would be taken for a promise.
var kindsOf = map[string][]Kind{
	"message":            {KindNotify},
	"ack":                {KindNotify},
	"role":               {KindDo, KindDecide, KindRun, KindVerify},
	"approvals":          {KindDecide},
	"four_eyes":          {KindDecide},
	"escalate":           {KindNotify, KindDo, KindDecide, KindRun, KindVerify},
	"answers":            {KindDo},
	"evidence":           {KindDo},
	"within":             {KindDo, KindDecide},
	"timeout":            {KindRun, KindVerify},
	"retry":              {KindRun, KindVerify},
	"backoff":            {KindRun, KindVerify},
	"jitter":             {KindRun, KindVerify},
	"repeat":             {KindRun, KindVerify},
	"on_failure":         {KindNotify, KindDo, KindRun, KindVerify},
	"failed_means":       {KindDo, KindRun},
	"undo":               {KindDo, KindRun},
	"returns_to":         {KindDo, KindDecide, KindRun},
	"point_of_no_return": {KindDo, KindDecide, KindRun},
}

func (c *checker) step(s *Step) {
	c.id(s.Marks, "id", s.ID)
	c.exactlyOne(s.Marks, "playbook/step-kind", "a step", stepKinds...)
	if c.said(s) {
		c.misplaced(s)
	}
	c.enum(s.Marks, "phase", string(s.Phase), phases...)
	c.enum(s.Marks, "on_failure", s.OnFailure, onFailures...)
	c.enum(s.Marks, "repeat", s.Repeat, repeats...)
	c.enum(s.Marks, "failed_means", s.FailedMeans, failedMeans...)
	c.enum(s.Marks, "milestone", s.Milestone, milestones...)
	c.enum(s.Marks, "only", s.Only, onlys...)
	c.filled(s.Marks, "escalate", len(s.Escalate))
	c.failure(s)
	c.needs(s)
	c.duration(s.Marks, "expect", s.Expect, 0)
	c.people(s)
	c.machine(s)
	c.undo(s)
	c.filled(s.Marks, "returns_to", len(s.ReturnsTo))
	if s.Marks.Has("returns_to") && s.Phase != Reconstitution {
		c.found.Errorf(s.Marks.Of("/returns_to"), "playbook/returns-early", "say phase: reconstitution, or leave it out",
			"a step goes back to where the services came from in the phase reconstitution, not in %s", s.Phase)
	}
}

// said reports whether exactly one kind is written, and says so where its text is empty.
func (c *checker) said(s *Step) bool {
	kinds := slices.DeleteFunc(slices.Clone(stepKinds), func(k string) bool { return !s.Marks.Has(k) })
	if len(kinds) != 1 {
		return false
	}
	kind := kinds[0]
	if kind == "wait" {
		c.duration(s.Marks, "wait", s.Wait, time.Millisecond)
		return true
	}
	if string(s.Kind()) != kind {
		c.found.Errorf(s.Marks.Of(kind), "playbook/empty", "", "%s says nothing", kind)
		return false
	}
	return true
}

// failure checks that what is written of a failure comes to something.
func (c *checker) failure(s *Step) {
	at := s.Marks.Of("on_failure")
	switch {
	case s.Ack != nil && s.Marks.Has("escalate"):
		c.found.Errorf(s.Marks.Of("/escalate"), "playbook/misplaced", "write it within ack", "escalate means nothing beside an acknowledgement, which escalates by itself")
	case !s.Marks.Has("on_failure"):
	case s.Ack != nil:
		c.found.Warnf(at, "playbook/misplaced", "remove it", "on_failure means nothing where an acknowledgement is asked for: one that does not come is asked of the next")
	case s.OnFailure == "escalate" && len(s.Escalate) == 0:
		c.found.Warnf(at, "playbook/misplaced", "add escalate: and the roles that are told", "on_failure: escalate names nobody, and is the same as pause: whose step it is, and the authority, are told in any case")
	}
}

// needs checks what a step cannot do without, and what is done instead.
func (c *checker) needs(s *Step) {
	c.filled(s.Marks, "needs", len(s.Needs))
	if !s.Marks.Has("fallback") {
		return
	}
	c.knownStep(s.Marks, "fallback", s.Fallback)
	at := s.Marks.Of("fallback")
	switch other, _ := c.p.Step(s.Fallback); {
	case len(s.Needs) == 0:
		c.found.Errorf(at, "playbook/fallback", "add needs: and what must not be lost", "nothing says when %q is done instead", s.Fallback)
	case s.Fallback == s.ID:
		c.found.Errorf(at, "playbook/fallback", "", "a step is no fallback for itself")
	case s.Kind() == KindDecide || other != nil && other.Kind() == KindDecide:
		c.found.Errorf(at, "playbook/fallback", "let the decision come before both", "a decision neither has a fallback nor is one")
	default: // a fallback waits for what it stands in for
		if way := c.p.path(s.ID, s.Fallback); way != nil {
			c.found.Errorf(at, "playbook/cycle", "write the fallback behind the step that it stands in for, or say after: for it",
				"the steps wait for each other and none can start: %s", strings.Join(append([]string{s.Fallback}, way...), " -> "))
		}
	}
}

// misplaced reports keys that mean nothing for this kind of step.
func (c *checker) misplaced(s *Step) {
	for _, key := range slices.Sorted(maps.Keys(kindsOf)) {
		if s.Marks.Has(key) && !slices.Contains(kindsOf[key], s.Kind()) {
			c.found.Errorf(s.Marks.Of("/"+key), "playbook/misplaced", "remove it", "%s means nothing for a %s step; it is for %s", key, s.Kind(), either(words(kindsOf[key])))
		}
	}
}

// people checks what a step asks of people.
func (c *checker) people(s *Step) {
	if s.Kind().Human() && !s.Marks.Has("role") {
		c.found.Errorf(s.Marks.Of(string(s.Kind())), "playbook/no-role", "add role: and the id of a role in people.yaml", "nobody is named to %s this", s.Kind())
	}
	c.number(s.Marks, "approvals", s.Approvals, 1, mostPeople)
	c.duration(s.Marks, "within", s.Within, time.Millisecond)
	c.enum(s.Marks, "evidence", s.Evidence, evidenceSaid...)
	if s.Ack != nil {
		c.duration(s.Ack.Marks, "within", s.Ack.Within, time.Millisecond)
		c.filled(s.Ack.Marks, "escalate", len(s.Ack.Escalate))
	}
	if s.FourEyes && !c.p.Marks.Has("edited_by") {
		c.found.Warnf(s.Marks.Of("four_eyes"), "playbook/no-editor", "write edited_by: and the person who changed the playbook last, best by whatever merges changes",
			"nobody says who edited the playbook last, so nobody can show that they do not approve it themselves")
	}
	c.answers(s)
}

// machine checks what a step asks of machines.
func (c *checker) machine(s *Step) {
	c.duration(s.Marks, "timeout", s.Timeout, time.Millisecond)
	c.duration(s.Marks, "backoff", s.Backoff, time.Millisecond)
	c.number(s.Marks, "retry", s.Retry, 0, mostRetries)
	if s.Marks.Has("jitter") && (s.Jitter < 0 || s.Jitter > 1) {
		c.found.Errorf(s.Marks.Of("jitter"), "playbook/number", "it is a share: 0.2 is up to a fifth longer", "jitter is from 0 to 1, not %v", s.Jitter)
	}
	if s.Repeat == "never" && s.Retry > 0 {
		c.found.Errorf(s.Marks.Of("retry"), "playbook/retry-never", "take back one of the two", "the step must never be repeated (repeat: never), and is to be retried")
	}
	if s.Marks.Has("expect") && s.Marks.Has("timeout") && s.Expect > s.Timeout {
		c.found.Warnf(s.Marks.Of("expect"), "playbook/expect", "", "the step is expected to take longer (%v) than the time after which it is given up (%v)", model.Duration(s.Expect), model.Duration(s.Timeout))
	}
	if s.Run != nil {
		c.run(s.Run)
	}
	if s.Verify != nil {
		c.verify(s)
	}
}

// undo checks what takes a step's effect back.
func (c *checker) undo(s *Step) {
	u := s.Undo
	if u == nil {
		return
	}
	if s.PointOfNoReturn {
		c.found.Errorf(s.Marks.Of("/undo"), "playbook/undo", "take back one of the two", "there is no way back from %q (point_of_no_return), and it has an undo", s.ID)
	}
	c.duration(u.Marks, "timeout", u.Timeout, time.Millisecond)
	c.duration(u.Marks, "backoff", u.Backoff, time.Millisecond)
	c.number(u.Marks, "retry", u.Retry, 0, mostRetries)
	c.enum(u.Marks, "repeat", u.Repeat, repeats...)
	if u.Repeat == "never" && u.Retry > 0 {
		c.found.Errorf(u.Marks.Of("retry"), "playbook/retry-never", "take back one of the two", "the undo must never be repeated (repeat: never), and is to be retried")
	}
	if u.Run != nil {
		c.run(u.Run)
	}
}

func words(kinds []Kind) []string {
	out := make([]string, 0, len(kinds))
	for _, k := range kinds {
		out = append(out, string(k))
	}
	return out
}
