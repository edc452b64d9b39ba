package incident

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"holdfast/detector"
)

const twoSignatures = `
  - {id: go, decide: "Go on?", role: incident-director, approvals: 2}
  - {id: sign, after: [], decide: "Is it paid for?", role: incident-director}
  - {id: act, after: [go, sign], run: {exec: {command: act, args: ["${{ component('ledger-db-ams').state }}"]}}, point_of_no_return: true}
`

// What was approved once is not approved elsewhere: an approval that is sent again, or late, finds another decision.
func TestAnApprovalOfTheSameStepsInAnotherRunIsRefused(t *testing.T) {
	h := runWith(t, twoSignatures)
	first := h.step("go").Release
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "1/go", Digest: first.Digest})
	h.control("bob", VerbAbort, "", "1")
	h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "short", Services: []string{"payments-api"}, Reason: "once more"})
	second := h.step("go").Release
	equal(t, second.Steps, first.Steps)
	says(t, h.refused("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "2/go", Digest: first.Digest}).Reason,
		"an approval of step go of run 1 ("+brief(first.Digest)+") is none of go of run 2, which is "+brief(second.Digest))
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "2/go", Digest: second.Digest})
}

func TestAnApprovalOfTheSameStepsBehindAnotherDecisionIsRefused(t *testing.T) {
	h := runWith(t, twoSignatures)
	equal(t, h.step("sign").Release.Steps, h.step("go").Release.Steps)
	says(t, h.refused("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: h.step("sign").Release.Digest}).Reason,
		"an approval of step sign of run 1", "is none of go of run 1")
	equal(t, len(h.step("go").Approvals), 0)
}

func TestAnApprovalOfTheSameStepsOfAnotherEditionOfThePlanIsRefused(t *testing.T) {
	before := runWith(t, twoSignatures).step("go").Release
	h := runWith(t, twoSignatures+"# reviewed, and nothing to change\n")
	equal(t, h.step("go").Release.Steps, before.Steps)
	says(t, h.refused("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: before.Digest}).Reason, "no longer what you saw")
}

// One at a time, everything that an approval is bound to.
func TestTheDigestOfADecisionIsOfAllThatItNames(t *testing.T) {
	h := runWith(t, twoSignatures)
	i := h.only()
	l, err := i.leg(Command{Step: "go"})
	if err != nil {
		t.Fatal(err)
	}
	w := h.draft().world(i, nil)
	run, plan := l.run, l.run.Digest
	is := i.release(w, l, *l.state())
	equal(t, is, *h.step("go").Release)
	equal(t, *is.Of, Decision{Incident: acmeIncident, Run: "1", Step: "go", Playbook: plan})
	sum := sha256.Sum256([]byte(fmt.Sprintf(`{"of":{"incident":"payments-api-0412","run":"1","step":"go","playbook":%q},"steps":[{"step":"act","does":"command act [\"up\"] (no way back)"}]}`, plan)))
	equal(t, is.Digest, fmt.Sprintf("sha256:%x", sum)) // as whoever reads the journal with another tool works it out

	seen := map[string]string{is.Digest: "as it is"}
	other := func(what string, r Release) {
		if same, is := seen[r.Digest]; is {
			t.Errorf("%s has the digest of %s", what, same)
		}
		seen[r.Digest] = what
	}
	other("of another incident", i.release(w, leg{incident: "payments-api-0413", run: run, n: l.n}, *l.state()))
	run.ID = "2"
	other("of another run", i.release(w, leg{incident: l.incident, run: run, n: l.n}, *l.state()))
	run.ID, run.Digest = l.run.ID, "sha256:0"
	other("of another plan", i.release(w, leg{incident: l.incident, run: run, n: l.n}, *l.state()))
	other("of another decision", i.release(w, leg{incident: l.incident, run: l.run, n: l.n + 1}, *l.state()))
	h.facts.components["ledger-db-ams"] = detector.Degraded
	other("with another value put in", i.release(h.draft().world(i, nil), l, *l.state()))
}

// An approval outlives the instance that asked for it.
func TestWhoTakesOverHasWhatWasApproved(t *testing.T) {
	h := runWith(t, twoSignatures)
	shown := h.step("go").Release.Digest
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown})
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	h.at(7 * time.Minute)
	equal(t, h.step("go").Release.Digest, shown)
	h.order("bob", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown})
	equal(t, h.step("go").Status, Done)
}

// asksAsBefore has the house's decisions asked by a version whose digest was of the steps alone, as its journal says it.
func (h *house) asksAsBefore() {
	h.Helper()
	records := h.records
	h.records, h.book, h.agenda = nil, newBook(), newAgenda()
	for _, r := range records {
		if e, is := r.Event.(StepStarted); is && e.Release != nil {
			data, err := json.Marshal(e.Release.Steps)
			if err != nil {
				h.Fatal(err)
			}
			e.Release = &Release{Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(data)), Steps: e.Release.Steps}
			r.Event = e
		}
		h.now = r.At
		h.commit(Change{Incident: r.Incident, Event: r.Event})
	}
}

func TestADecisionThatAnOlderVersionAskedGoesOnAsItWasAsked(t *testing.T) {
	h := runWith(t, twoSignatures)
	h.asksAsBefore()
	shown := h.step("go").Release.Digest
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown})
	equal(t, h.at(8*time.Minute), []string(nil)) // nothing has changed, so nothing lapses
	equal(t, len(h.step("go").Approvals), 1)

	// What changes is told in the form in which it was asked, or an approval would be for neither.
	h.facts.components["ledger-db-ams"] = detector.Degraded
	equal(t, h.at(9*time.Minute), []string{"release_changed go", "release_changed sign"})
	if now := h.step("go").Release; now.Of != nil || now.Digest != h.step("sign").Release.Digest {
		t.Errorf("it is %+v", now)
	}
	for _, person := range []string{"alice", "bob"} {
		h.order(person, Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: h.step("go").Release.Digest})
	}
	equal(t, h.step("go").Status, Done)

	// Another run is asked as this version asks.
	h.control("bob", VerbAbort, "", "1")
	h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "short", Services: []string{"payments-api"}, Reason: "once more"})
	equal(t, h.step("go").Release.Of.Run, "2")
}
