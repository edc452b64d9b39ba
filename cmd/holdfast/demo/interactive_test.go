package demo

import (
	"bytes"
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

func TestTheReaderIsToldWhatToTypeForAStepThatIsStuck(t *testing.T) {
	s := built(t, Options{Interactive: true, Program: "holdfast"})
	var out bytes.Buffer
	s.Out, s.api = &out, newAPI("127.0.0.1:1")
	n := &narrator{stage: s, told: map[string]bool{}}
	i := at("promote", incident.Stuck)
	n.tellStep(i, i.Runs[0], i.Runs[0].Steps[0])
	for _, want := range []string{"promote is stuck", "holdfast retry parcel-booking-1123 promote --reason", "holdfast done parcel-booking-1123 promote", "holdfast skip parcel-booking-1123 promote --reason", "--token-file"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nobody says %q:\n%s", want, &out)
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
