package incident

import (
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/forecast"
	"holdfast/playbooks"
)

// A pastRun is what is remembered of a run that has ended: how long each step took that was done.
type pastRun struct {
	exercise Exercise
	took     map[string]pastStep
}

type pastStep struct {
	kind playbooks.Kind
	took time.Duration
}

// mostPast is how many runs of a playbook are remembered, the newest.
const mostPast = 20

// A history is what the runs of each playbook took, and the plans laid out with it.
type history struct {
	runs  table[[]pastRun]           // by the playbook's id, the newest first
	plans map[string]*rememberedPlan // by the playbook's digest: many runs share one
}

// A rememberedPlan is a playbook with what is known of its past, laid out when somebody asks: of most incidents that are
// over nobody ever does, and to lay out ten thousand of them took a quarter of a start.
type rememberedPlan struct {
	of   *playbooks.Playbook // an exercise leaves out steps of what has the same digest
	runs past                // that it is laid out with
	plan *forecast.Plan      // nil: not yet
	last *foreseen           // what was worked out last of a run of it: what is tried out is worked out for what is then recorded too
}

func (r *rememberedPlan) laidOut() *forecast.Plan {
	if r.plan == nil {
		r.plan = planOf(r.of, r.runs)
	}
	return r.plan
}

// past are the runs that a plan is laid out with: by playbook, those of its own and of the playbooks that it invokes.
type past map[string][]pastRun

// pastOf are the runs that a playbook learns from.
func (h *history) pastOf(p *playbooks.Playbook) past {
	all := past{p.ID: h.runs.of(p.ID)}
	for n := range p.Steps {
		if child := p.Steps[n].Invoke; child != "" {
			all[child] = h.runs.of(child)
		}
	}
	return all
}

// same reports whether the runs are those that were known before.
func (a past) same(b past) bool {
	return maps.EqualFunc(a, b, func(x, y []pastRun) bool { return len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0]) })
}

func newHistory() history {
	return history{runs: newTable[[]pastRun](0), plans: map[string]*rememberedPlan{}}
}

// read remembers the run that a record ends.
func (h *history) read(i *Incident, r Record) {
	e, ended := r.Event.(RunEnded)
	if n := slices.IndexFunc(i.Runs, func(run Run) bool { return run.ID == e.Run }); ended && n >= 0 {
		h.end(i.Runs[n])
	}
}

func (h *history) end(run Run) {
	past := pastRun{exercise: run.Exercise, took: map[string]pastStep{}}
	for _, s := range run.Steps {
		if s.Status == Done && !s.Started.IsZero() {
			past.took[s.ID] = pastStep{s.Kind, s.Ended.Sub(s.Started)}
		}
	}
	if len(past.took) == 0 || run.CleanUp {
		return
	}
	runs := append([]pastRun{past}, h.runs.of(run.Name)...)
	h.runs.put(run.Name, runs[:min(len(runs), mostPast)])
}

// plan is how a playbook's runs are forecast that begin now.
func (h *history) plan(p *playbooks.Playbook) (plan *rememberedPlan, known int) {
	runs := h.pastOf(p)
	kept := h.plans[p.Digest]
	if kept == nil || kept.of != p || !kept.runs.same(runs) {
		kept = &rememberedPlan{of: p, runs: runs}
		h.plans[p.Digest] = kept
	}
	return kept, len(runs[p.ID])
}

// recall gives runs that have begun what is known of the past at that moment; it stays the same for as long as they go on.
func (i *Incident) recall(h *history) {
	for n := range i.Runs {
		if h == nil {
			return
		}
		if i.Runs[n].plan == nil && i.Runs[n].Playbook != nil {
			i.Runs = slices.Clone(i.Runs)
			i.Runs[n].plan, i.Runs[n].known = h.plan(i.Runs[n].Playbook)
		}
	}
}

// Foresight is what is forecast of a playbook of the documents in force if it were invoked now, with what its past runs took.
func (d *Desk) Foresight(playbook string) (Foresight, bool) {
	if d.docs == nil {
		return Foresight{}, false
	}
	p, found := d.docs.playbook(playbook)
	if !found {
		return Foresight{}, false
	}
	plan, _ := d.past.plan(p)
	return foresee(p, plan.laidOut()), true
}

// samples are what a step took in past runs, the newest first: of its playbook, and, where it is a step of a playbook within,
// of that on its own.
func samples(p *playbooks.Playbook, s *playbooks.Step, known past) (all []forecast.Sample) {
	all = samplesOf(s, s.ID, known[p.ID])
	if above, ok := p.Step(s.Part); ok && s.Part != "" {
		all = append(all, samplesOf(s, strings.TrimPrefix(s.ID, s.Part+"."), known[above.Invoke])...)
	}
	return all
}

func samplesOf(s *playbooks.Step, id string, past []pastRun) (all []forecast.Sample) {
	for _, run := range past {
		before, done := run.took[id]
		if !done || before.kind != s.Kind() {
			continue
		}
		if s.Verify != nil {
			before.took = max(before.took-s.Verify.For, 0)
		}
		all = append(all, forecast.Sample{Took: before.took, Weight: weight(run.exercise, s)})
	}
	return all
}

// weight is how much a past run says of a step. In an exercise people are ready, nothing may be lost, and targets may be of no
// consequence: the less of the world it touched, the less it says; of machines that were asked nothing it says nothing, and
// of how long a service takes to come back only what brought it back.
func weight(e Exercise, s *playbooks.Step) int {
	switch {
	case e == "" || e == Full:
		return forecast.Whole
	case s.Kind() == playbooks.KindVerify:
		return 0
	case e == Parallel:
		return forecast.Whole
	case e == Simulation:
		return forecast.Whole / 2
	case asks(s):
		return forecast.Whole / 4
	}
	return 0
}
