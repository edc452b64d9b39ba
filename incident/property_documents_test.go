package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/playbooks"
)

// Whatever the playbooks are that somebody writes, and whatever happens: what must be true of every run is true of it.
func TestWhateverThePlaybooksAreTheInvariantsHold(t *testing.T) {
	files := automatic(t)
	whateverHappens(t, func(rt *rapid.T) map[string]string {
		drawn := map[string]string{}
		for name, text := range files {
			drawn[name] = text
		}
		delete(drawn, "playbooks/failover.yaml")
		drawn["people.yaml"] = propertyPeople
		for _, p := range [][2]string{{"child", "unplanned"}, {"failover", "payments-api, core-ledger"}, {"reporting", "reporting"}} {
			id, services := p[0], p[1]
			drawn["playbooks/"+id+".yaml"] = rapid.Custom(func(rt *rapid.T) string { return somePlaybook(rt, id, services) }).Filter(parses).Draw(rt, id)
		}
		return drawn
	})
}

func parses(text string) bool {
	_, problems := playbooks.Parse("playbooks/some.yaml", []byte(text))
	return !problems.HasErrors()
}

// somePlaybook draws a playbook of any kinds of steps, in any order that is one.
func somePlaybook(rt *rapid.T, id, services string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "playbook: %s\nfor: {services: [%s]}\n", id, services)
	kinds := stepKinds
	if id != "child" {
		kinds = append(slices.Clip(kinds), func(*rapid.T) []string { return []string{"invoke: child"} })
	}
	if rapid.Bool().Draw(rt, "exclusive") {
		b.WriteString("exclusive: [ams2-capacity]\n")
	}
	if rapid.IntRange(0, 3).Draw(rt, "precondition") == 0 {
		b.WriteString("preconditions: [{component_up: [ledger-db-ams]}]\n")
	}
	b.WriteString("steps:\n")
	for n := range rapid.IntRange(1, 8).Draw(rt, "steps") {
		fields := []string{fmt.Sprintf("id: n%d", n)}
		if after := someAfter(rt, n); after != "" {
			fields = append(fields, after)
		}
		fields = append(fields, rapid.SampledFrom(kinds).Draw(rt, "kind")(rt)...)
		if rapid.IntRange(0, 3).Draw(rt, "conditional") == 0 {
			fields = append(fields, rapid.SampledFrom(stepConditions).Draw(rt, "condition"))
		}
		fmt.Fprintf(&b, "  - {%s}\n", strings.Join(fields, ", "))
	}
	return b.String()
}

// someAfter draws what a step waits for: the one before it, nothing, or any that stand before it.
func someAfter(rt *rapid.T, n int) string {
	if n == 0 || rapid.Bool().Draw(rt, "in a row") {
		return ""
	}
	var before []string
	for m := range n {
		if rapid.IntRange(0, 2).Draw(rt, "waits for") == 0 {
			before = append(before, fmt.Sprintf("n%d", m))
		}
	}
	return "after: [" + strings.Join(before, ", ") + "]"
}

// stepKinds draw a step of each kind.
var stepKinds = []func(*rapid.T) []string{
	func(rt *rapid.T) []string {
		fields := []string{"notify: [on-call-pay, head-of-operations]"}
		if rapid.Bool().Draw(rt, "acknowledged") {
			fields = append(fields, "ack: {role: on-call-pay, within: 5m, escalate: [head-of-operations]}")
		}
		return fields
	},
	func(rt *rapid.T) []string {
		fields := []string{"do: Look", "role: on-call-pay"}
		return append(fields, some(rt, "within: 10m", "answers: {count: number, note: string}", "evidence: required", "escalate: [head-of-operations]")...)
	},
	func(rt *rapid.T) []string {
		fields := []string{"decide: \"Go?\"", "role: incident-director", fmt.Sprintf("approvals: %d", rapid.IntRange(1, 2).Draw(rt, "approvals"))}
		return append(fields, some(rt, "within: 10m", "four_eyes: true")...)
	},
	machine("exec: {command: go, args: [fast]}"),
	machine("http: {url: \"https://pay.internal/go\", method: POST}"),
	machine("nats: {subject: ledger.go, request: {site: ams2}}"),
	func(rt *rapid.T) []string {
		return append([]string{"verify: {service: payments-api, for: 5m}"}, some(rt, "timeout: 30m", "retry: 1", "on_failure: continue")...)
	},
	func(rt *rapid.T) []string {
		return append([]string{"verify: {http: {url: \"https://pay.internal/health\"}}"}, some(rt, "timeout: 5m", "retry: 2", "on_failure: escalate")...)
	},
	func(rt *rapid.T) []string {
		return []string{"wait: " + rapid.SampledFrom([]string{"1s", "5m", "2h"}).Draw(rt, "wait")}
	},
}

func machine(target string) func(*rapid.T) []string {
	return func(rt *rapid.T) []string {
		fields := []string{"run: {" + target + "}", rapid.SampledFrom([]string{"repeat: safe, retry: 2", "repeat: safe", "repeat: ask, retry: 1", "repeat: ask", "repeat: never"}).Draw(rt, "repeat")}
		fields = append(fields, "on_failure: "+rapid.SampledFrom([]string{"pause", "escalate", "continue", "undo"}).Draw(rt, "on_failure"))
		return append(fields, some(rt, "timeout: 2m", "backoff: 20s", "undo: {run: {exec: {command: back}}, retry: 1, repeat: safe}")...)
	}
}

// stepConditions are when a step is left out.
var stepConditions = []string{"when: \"component('ledger-db-ams').state == 'up'\"", "when: \"size(run.covers) > 1\"", "only: exercise", "only: live"}

// some draws any of some fields.
func some(rt *rapid.T, fields ...string) []string {
	return slices.DeleteFunc(fields, func(f string) bool { return !rapid.Bool().Draw(rt, f) })
}

// steps are the names of all steps that there are, and some that there are not.
func (a *anything) steps() []string {
	names := []string{"", "nonsense", "clean-up"}
	for _, p := range a.book.docs.Playbooks {
		for _, s := range p.Steps {
			names = append(names, s.ID, "1/"+s.ID)
		}
	}
	return names
}

// answers are what a step asks for.
func (a *anything) answers(r Run, step string) map[string]string {
	p, ok := r.Playbook.Step(step)
	if !ok || len(p.Answers) == 0 {
		return nil
	}
	answers := map[string]string{}
	for name := range p.Answers {
		answers[name] = "7"
	}
	return answers
}

// plan is what the playbook of a run says of a step.
func (a *anything) plan(id, run, step string) *playbooks.Step {
	i := a.book.incidents.of(id)
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == run })
	p, ok := i.Runs[n].Playbook.Step(step)
	if !ok {
		a.Fatalf("run %s of %s has no step %s", run, id, step)
	}
	return p
}

// A told step is what the journal has said of a step so far.
type toldStep struct {
	started   StepStarted
	unknown   bool // its last sending may have taken effect, or not
	approvals map[string]bool
}

// lives holds what must be true of every step of every journal:
//   - a step starts only when all that it waits for has ended, and nothing starts in a run or incident that has;
//   - the same key is used for every sending but one that a person has ordered;
//   - what must not be repeated is not, while nobody knows whether it took effect, unless a person says so;
//   - a decision is done by as many different people as it needs, and with four eyes not by who declared.
func (a *anything) lives() {
	steps, over := map[string]*toldStep{}, map[string]time.Time{}
	declared := map[string]string{}
	for _, r := range a.records {
		switch e := r.Event.(type) {
		case Declared:
			declared[r.Incident] = e.By.Person
		case RunEnded:
			over[r.Incident+"/"+e.Run] = r.At
		case StoodDown:
			over[r.Incident] = r.At
		}
		run, step, about := stepOf(r.Event)
		if !about || step == "" {
			continue
		}
		at := r.Incident + "/" + run + "/" + step
		if steps[at] == nil {
			steps[at] = &toldStep{approvals: map[string]bool{}}
		}
		s := steps[at]
		switch e := r.Event.(type) {
		case StepStarted:
			if !over[r.Incident].IsZero() || !over[r.Incident+"/"+run].IsZero() {
				a.Fatalf("%s started after its run or incident had ended", at)
			}
			a.mayStart(r.Incident, s, e)
			s.started, s.unknown = e, true
		case StepFailed:
			s.unknown = e.Outcome == TimedOut || e.Outcome == InDoubt
		case StepApproved:
			s.approvals[e.By.Person] = true
		case StepDone:
			s.unknown = false
			if p := a.plan(r.Incident, run, step); p.Kind() == playbooks.KindDecide {
				delete(s.approvals, map[bool]string{true: declared[r.Incident]}[p.FourEyes])
				if len(s.approvals) < max(p.Approvals, 1) {
					a.Fatalf("%s is done by the approvals of %v", at, s.approvals)
				}
			}
		}
	}
}

func (a *anything) mayStart(id string, s *toldStep, e StepStarted) {
	p := a.plan(id, e.Run, e.Step)
	switch before := s.started; {
	case before.Attempt == 0:
		return
	case e.By.Person != "":
		if e.Key == before.Key {
			a.Fatalf("%s was sent again by %s with the key of before", e.Key, e.By.Person)
		}
	case e.Key != before.Key:
		a.Fatalf("%s became %s, and no person said so", before.Key, e.Key)
	case e.Attempt != before.Attempt+1:
		a.Fatalf("attempt %d of %s followed attempt %d", e.Attempt, e.Key, before.Attempt)
	case s.unknown && p.Kind() != playbooks.KindVerify && p.Repeat != "safe":
		a.Fatalf("%s (repeat: %s) was sent again, and nobody knew whether it had taken effect", e.Key, p.Repeat)
	}
}
