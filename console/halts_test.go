package console

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/playbooks"
)

func TestWhatAHeldOrPausedStepWouldRefuseIsNotOffered(t *testing.T) {
	paused, brake := incident.Run{Paused: &incident.Brake{}}, &incident.Brake{}
	for _, c := range []struct {
		what string
		run  incident.Run
		step incident.StepState
		want []incident.Verb
	}{
		{"stuck, run paused", paused, incident.StepState{Status: incident.Stuck}, []incident.Verb{incident.VerbDone, incident.VerbSkip}},
		{"stuck, held", incident.Run{}, incident.StepState{Status: incident.Stuck, Held: brake}, []incident.Verb{incident.VerbSkip}},
		{"decision, held", incident.Run{}, incident.StepState{Kind: playbooks.KindDecide, Status: incident.Waiting, Held: brake}, []incident.Verb{incident.VerbDecline, incident.VerbAck}},
		{"page, held", incident.Run{}, incident.StepState{Kind: playbooks.KindNotify, Status: incident.Waiting, Held: brake}, []incident.Verb{}},
		{"page, run paused", paused, incident.StepState{Kind: playbooks.KindNotify, Status: incident.Waiting}, []incident.Verb{incident.VerbAck}},
	} {
		if diff := cmp.Diff(c.want, verbsOf(c.run, c.step)); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
}

func TestARetryThatARuleForbidsNowIsNotOffered(t *testing.T) {
	w := WaitingStep{Status: incident.Stuck, Reason: "nobody listens", Verbs: []incident.Verb{incident.VerbDone, incident.VerbRetry, incident.VerbSkip}}
	w.forbidden("never-both-sites: two ledgers (now ledger-south is up)")
	want := WaitingStep{Status: incident.Stuck, Reason: "nobody listens; it may not be sent again now: never-both-sites: two ledgers (now ledger-south is up)",
		Verbs: []incident.Verb{incident.VerbDone, incident.VerbSkip}}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
}

func TestTheStatusSaysWhoHoldsAStep(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	wantStatus(t, form("/orders", url.Values{"verb": {"hold"}, "incident": {id}, "step": {"1/fence"}, "reason": {"the auditors look first"}}).carrying(cookie).of(console), 303)
	halts := decoded[Status](t, get("/api/v1/status").of(console)).Incidents[0].Runs[0].Halts
	want := []Halt{{Step: "fence", By: incident.Actor{Person: "director-1", Role: "incident-director"}, Since: h.now, Reason: "the auditors look first", Resume: "holdfast resume " + id + " 1/fence"}}
	if diff := cmp.Diff(want, halts); diff != "" {
		t.Error(diff)
	}
	wantIn(t, text(t, get("/").of(console)), "HELD fence by director-1", path("<code>holdfast resume %s 1/fence</code>", id), "takes for granted that what is held is let go on now")
}
