package incident

import (
	"strings"
	"testing"
	"time"
)

// Who calls it off at night has to know what is left behind; where the authority asks for that, no rule starts what does not say so.
func TestAPlaybookThatDoesNotSayHowItIsCalledOffIsForAPersonToStartWhereTheAuthorityAsksForThat(t *testing.T) {
	asked := with(t, automatic(t), "bia.yaml", "mode: automatic", "mode: automatic\n  require: {abort: true}")
	for name, c := range map[string]struct {
		files    map[string]string
		declared bool
	}{
		"it does not say":                {asked, false},
		"nobody asks for that":           {automatic(t), true},
		"it says what people do by hand": {with(t, asked, "playbooks/failover.yaml", "owner: team-pay", "owner: team-pay\nabort: Open the fence, and see that orders arrive in Frankfurt"), true},
		"each step is undone, or has no way back": {with(t, asked, "playbooks/failover.yaml", "retry: 2, repeat: safe}",
			"retry: 2, repeat: safe, undo: {run: {http: {url: \"https://fence.internal/fra1\", method: DELETE}}}}"), true},
	} {
		h := newHouse(t, c.files)
		h.disaster("facility_lost")
		h.at(6 * time.Minute)
		if (count[Declared](h) == 1) != c.declared {
			t.Errorf("%s: it is declared %d times", name, count[Declared](h))
		}
		if !c.declared {
			says(t, last[Recommended](h).Gate, "failover-to-ams2 does not say what becomes of fence when it is called off")
		}
	}
}

// The playbook that is invoked within another has a word of its own for that.
func TestAPlaybookWithinAnotherSaysHowItIsCalledOffToo(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "mode: automatic", "mode: automatic\n  require: {abort: true}")
	files["playbooks/failover.yaml"] = "playbook: outer\nfor: {services: [payments-api]}\npriority: 1\nsteps:\n  - {id: restore, invoke: inner}\n"
	const inner = "playbook: inner\nfor: {services: [reporting]}\nsteps:\n  - {id: copy, run: {exec: {command: copy}}}\n"
	for _, says := range []bool{false, true} {
		files["playbooks/inner.yaml"] = inner
		if says {
			files["playbooks/inner.yaml"] = strings.Replace(inner, "steps:", "abort: Delete the copy\nsteps:", 1)
		}
		h := newHouse(t, files)
		h.disaster("facility_lost")
		h.at(6 * time.Minute)
		equal(t, count[Declared](h), map[bool]int{true: 1}[says])
	}
}
