package playbooks

import "time"

// QuestionID is what the step is called that asks whether a run is to start at all.
const QuestionID = "start-anyway"

// Asking is the playbook with a decision before everything else, and that step's id: whether to start though a precondition
// with `else: ask` does not hold.
func (p *Playbook) Asking(question, role string, within time.Duration) (*Playbook, string) {
	id := QuestionID
	for p.Index(id) >= 0 {
		id += "-again"
	}
	out := *p
	out.Steps = []Step{{ID: id, Phase: Activation, Decide: question, Role: role, Approvals: 1, Within: within, OnFailure: "pause"}}
	for _, s := range p.Steps {
		if len(s.After) == 0 {
			s.After = []string{id}
		}
		out.Steps = append(out.Steps, s)
	}
	return &out, id
}

// Asks reports whether what does not hold leaves it to a person to start all the same.
func (p Precondition) Asks() bool { return p.Else == "ask" }
