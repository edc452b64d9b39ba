package demo

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/playbooks"
)

// at is an incident with one run, whose only step stands like this.
func at(id string, status incident.StepStatus) console.Incident {
	step := incident.StepState{ID: id, Kind: playbooks.KindRun, Status: status, Reason: "no answer within 5s"}
	return console.Incident{Incident: incident.Incident{ID: "parcel-booking-1123", Runs: []incident.Run{{ID: "r1", Steps: []incident.StepState{step}}}}}
}

func TestWhoAnswersBeforeTheyAreSeenToWaitStillGetsTheSiteRepaired(t *testing.T) {
	for status, want := range map[incident.StepStatus]string{
		incident.Pending: "", incident.Waiting: lost, incident.Done: lost, incident.Skipped: "",
	} {
		if got := repairOf(at("repair", status).Incident); got != want {
			t.Errorf("a repair that is %s puts %q right, want %q", status, got, want)
		}
	}
	if got := repairOf(at("assess", incident.Done).Incident); got != "" {
		t.Errorf("assessing repairs %q", got)
	}
}

// What is offered is what the daemon offers, by the kind of the step and what may be said of it now.
func TestTheReaderIsToldWhatToTypeForAStepThatIsStuck(t *testing.T) {
	for _, stuck := range []struct {
		kind   playbooks.Kind
		offers []incident.Verb
		says   string
	}{
		{playbooks.KindRun, incident.StepState{Kind: playbooks.KindRun}.WaysOut(), "once it is done by hand or tried again or left out"},
		{playbooks.KindInvoke, incident.StepState{Kind: playbooks.KindInvoke}.WaysOut(), "once it is tried again or left out"},
		{playbooks.KindDecide, incident.StepState{Kind: playbooks.KindDecide}.WaysOut(), "once it is tried again"},
		{playbooks.KindRun, []incident.Verb{incident.VerbDone, incident.VerbSkip, incident.VerbCannot}, "once it is done by hand or left out or given up for what can be done instead"}, // a rule forbids it, and it has a fallback
	} {
		s := built(t, Options{Interactive: true, Program: "holdfast"})
		var out bytes.Buffer
		s.Out, s.api = &out, newAPI("127.0.0.1:1")
		n := &narrator{stage: s, told: map[string]bool{}}
		i := at("promote", incident.Stuck)
		i.Runs[0].Steps[0].Kind = stuck.kind
		i.Status.Runs = []console.RunStatus{{Waiting: []console.WaitingStep{{Step: "promote", Verbs: stuck.offers}}}}
		n.tellStep(i, i.Runs[0], i.Runs[0].Steps[0])
		told := strings.Join(strings.Fields(out.String()), " ")
		if want := stuck.says; !strings.Contains(told, want+" holdfast") {
			t.Errorf("a stuck %s: nobody says %q:\n%s", stuck.kind, want, &out)
		}
		for _, verb := range []incident.Verb{incident.VerbDone, incident.VerbRetry, incident.VerbSkip, incident.VerbCannot} {
			if offers := strings.Contains(told, "holdfast "+string(verb)+" parcel-booking-1123 promote"); offers != slices.Contains(stuck.offers, verb) {
				t.Errorf("a stuck %s: %s is told of: %v\n%s", stuck.kind, verb, offers, &out)
			}
		}
	}
}

func TestADeadlineThatHasPassedIsNotAhead(t *testing.T) {
	for left, want := range map[time.Duration]string{1500 * time.Millisecond: "in 1.5s", 0: "in 0.0s", -400 * time.Millisecond: "0.4s ago"} {
		if got := countdown(left); got != want {
			t.Errorf("%v: %s, want %s", left, got, want)
		}
	}
}
