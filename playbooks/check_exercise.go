package playbooks

import (
	"time"

	"github.com/prometheus/common/model"
)

// exercise checks how the playbook is to be exercised.
func (c *checker) exercise() {
	e := &c.p.Exercise
	for i, id := range e.Skip {
		c.knownStep(e.Marks, item("skip", i), id)
	}
	if e.Marks.Has("every") && (e.Every < 24*time.Hour || e.Every > longestExercise) {
		c.found.Errorf(e.Marks.Of("every"), "playbook/duration", "how long an exercise holds, such as 180d", "every is from 1d to %v, not %v", model.Duration(longestExercise), model.Duration(e.Every))
	}
	if len(e.CleanUp) > mostSteps {
		c.found.Errorf(e.Marks.Of("cleanup"), "playbook/too-many-steps", "", "%d steps are more than %d", len(e.CleanUp), mostSteps)
		return
	}
	first := map[string]bool{}
	for i := range e.CleanUp {
		s := &e.CleanUp[i]
		c.step(s)
		if first[s.ID] || c.p.Index(s.ID) >= 0 {
			c.found.Errorf(s.Marks.Of("id"), "playbook/duplicate-step", "call one of them something else", "there is already a step %q", s.ID)
		}
		first[s.ID] = true
		c.afterAnExercise(s)
	}
}

// afterAnExercise keeps a clean-up step to putting things back, one after the other, until it is done or a person says why not.
func (c *checker) afterAnExercise(s *Step) {
	if s.OnFailure == "continue" || s.OnFailure == "undo" {
		c.found.Errorf(s.Marks.Of("on_failure"), "playbook/misplaced", "leave it out: people are told, and say how it goes on",
			"what an exercise did is put back until a person says that it is not, and on_failure: %s would say so without one", s.OnFailure)
	}
	for _, key := range []string{"after", "milestone", "point_of_no_return", "when", "only", "needs", "fallback", "invoke", "undo"} {
		if s.Marks.Has(key) {
			c.found.Errorf(s.Marks.Of("/"+key), "playbook/misplaced", "remove it", "%s means nothing for a step that cleans up after an exercise", key)
		}
	}
}
