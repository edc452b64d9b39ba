package incident

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"holdfast/detector"
)

// Who mends the first gate should not have to find out then that there was a second.
func TestEveryGateThatIsShutIsNamedToThoseWhoDecide(t *testing.T) {
	files := automatic(t)
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "mode: automatic", "mode: automatic\n  require: {own_probe: true, exercised_within: 90d, abort: true}", 1)
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "observers: {prom: {}, facility: {}}", "observers: {prom: {}, facility: {}, own-eyes: {own: true}}\nprobes: {api: {service: payments-api, tcp: \"api.example:443\"}}", 1)
	h := newHouse(t, files)
	h.facts.unseen = map[string]string{"payments-api": "own-eyes says that payments-api is up", "pay-fra": "own-eyes has said nothing of pay-fra", "ledger-db-fra": "own-eyes has said nothing of ledger-db-fra"}
	h.order("alice", Command{Verb: VerbDisarm, Reason: "audit"})
	h.disaster("facility_lost")
	h.verdicts[0].Explanation.Criteria[0].Doubt = "only one voice says so"
	h.at(6 * time.Minute)
	equal(t, count[Recommended](h), 1)
	gate := last[Recommended](h).Gate
	says(t, gate, "disarmed by alice", "only one voice says so", "own_probe is asked for, and own-eyes says that payments-api is up", "failover-to-ams2 is not verified", "does not say what becomes of fence when it is called off")
	equal(t, strings.Count(gate, "; "), 4)
	told := slices.IndexFunc(h.only().Notices, func(n Notice) bool { return strings.Contains(n.Subject+n.Body, "disarmed by alice") })
	says(t, h.only().Notices[told].Subject+h.only().Notices[told].Body, "only one voice says so", "failover-to-ams2 is not verified")
	h.verdicts[0].Explanation.Criteria[0].Doubt = ""
	h.facts.unseen = nil
	h.order("alice", Command{Verb: VerbArm, Reason: "audit is over"})
	equal(t, count[Declared](h), 0) // one that is left is enough
}

// A criterion that passes by one service is not held up by the gates of another.
func TestAGateOfAnotherServiceKeepsNothingFromBeingDeclared(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.verdicts = []detector.Verdict{h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("unplanned", 0)), confirmed(h.down("payments-api", 0))}, "facility_lost")}
	h.at(6 * time.Minute)
	equal(t, count[Declared](h), 1)
}

// What a probe sees of a service that a criterion is not about says nothing of the one that it is about.
func TestWhatIsSeenOfAnotherServiceOpensNoGate(t *testing.T) {
	files := automatic(t)
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "mode: automatic", "mode: automatic\n  require: {own_probe: true}", 1)
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "observers: {prom: {}, facility: {}}", "observers: {prom: {}, facility: {}, own-eyes: {own: true}}\nprobes: {reporting: {service: reporting, tcp: \"reporting.example:443\"}}", 1)
	h := newHouse(t, files)
	const unseen = "no probe looks at payments-api"
	h.facts.unseen = map[string]string{"payments-api": unseen, "pay-fra": unseen, "ledger-db-fra": unseen, "reporting": "own-eyes says that reporting is up", "report-fra": "own-eyes has said nothing of report-fra"}
	h.verdicts = []detector.Verdict{h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0)), confirmed(h.down("reporting", 0))}, "facility_lost")}
	h.verdicts[0].Explanation.Criteria[0].Services = []string{"payments-api"}
	h.at(6 * time.Minute)
	equal(t, count[Declared](h), 0)
	says(t, last[Recommended](h).Gate, unseen)
}

// Whoever disarms leaves every further invocation to people too, also in a disaster that a rule has declared before.
func TestAfterDisarmingNoPlaybookIsInvokedByARule(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := invoked(t, files)
	h.order("alice", Command{Verb: VerbDisarm, Reason: "it fails over what it should not"})
	h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("reporting", time.Minute)))
	h.verdicts[0].Roots = []string{"ledger-db-fra", "pay-fra", "report-fra"}
	equal(t, h.at(7*time.Minute), []string{"classified", "no_playbook_fits"})
	says(t, strings.Join(last[NoPlaybookFits](h).Missing, "; "), "disarmed by alice", "a person")
	equal(t, last[NoPlaybookFits](h).Nearest, "restore-reporting")
	equal(t, h.order("alice", Command{Verb: VerbArm, Reason: "it may"}), []string{"armed", "invoked", "step_started restore"})
}

func TestWhatAPersonDeclaredIsInvokedWhetherArmedOrNot(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.order("alice", Command{Verb: VerbDisarm, Reason: "drill"})
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, h.order("bob", Command{Verb: VerbDeclare, Incident: acmeIncident}), []string{"declared", "invoked", "step_started page"})
}

// Who invoked a playbook by hand is as little another pair of eyes as who declared.
func TestWhoInvokedDoesNotApproveWhereFourEyesAreAsked(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api], lost: [ams2]}\nsteps:\n  - {id: go, decide: \"Go?\", role: incident-director, four_eyes: true}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"payments-api"}, Playbook: "short", Reason: "it fits well enough"})
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"}).Reason, "alice invoked it")
	h.says("bob", VerbApprove, "go")
	equal(t, h.step("go").Status, Done)
}

// Between reading and answering another decision may have taken the place of the one that was read.
func TestAnApprovalNamesWhatItApproves(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director}\n  - {id: wipe, decide: \"Wipe the old site?\", role: incident-director}\n")
	h.says("bob", VerbApprove, "go")
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident}).Reason, "name the step", "1/wipe waits")
	equal(t, h.step("wipe").Status, Waiting)
}

func TestAnApprovalByWhoeverHasLostTheRoleCountsNoMore(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: go, decide: \"Go?\", role: incident-director, approvals: 2}\n"
	h := invoked(t, files)
	h.says("alice", VerbApprove, "go")
	docs, problems := ParseDocuments(with(t, files, "people.yaml", "people: [alice, bob]", "people: [carol, bob]"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	h.commit(Change{Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: Actor{Rule: "reload"}}})
	equal(t, h.says("bob", VerbApprove, "go"), []string{"step_approved go"})
	equal(t, h.step("go").Status, Waiting)
	equal(t, h.says("carol", VerbApprove, "go")[:2], []string{"step_approved go", "step_done go"})
	equal(t, h.step("go").Output, "approved by 2 of 2")
}

// What a target answers becomes the reason of a failure, and that goes to people: on a locked screen, in a mail's subject,
// on a terminal.
func TestANoticeIsOfPlainLinesWhateverATargetAnswered(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}}\n")
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "no\r\nBcc: all@example.org\x1b]0;all is well\x07 \u202erorre"})
	notices := h.only().Notices
	n := notices[len(notices)-1]
	says(t, n.Subject, "no", "Bcc: all@example.org")
	for _, text := range []string{n.Subject, strings.ReplaceAll(n.Body, "\n", "")} {
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q can do more than be read", text)
		}
	}
}

// A newer version may have written something that means "hands off"; an older one that starts on its log does not know.
func TestWhatIsNotUnderstoodInTheLogKeepsTheHouseDisarmedUntilAPersonArms(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.commit(Change{Event: Unrecognised{As: "frozen", Raw: []byte(`{}`)}})
	docs := h.book.docs
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two", Version: "older"}})
	h.commit(Change{Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: Actor{Rule: "start"}}})
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "recommended"})
	says(t, last[Recommended](h).Gate, `"frozen"`)
	equal(t, h.order("alice", Command{Verb: VerbArm, Reason: "I know of it"})[:2], []string{"armed", "declared"})
}

func TestADeclineBindsWhileSomethingElseOfTheIncidentRecovers(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.order("alice", Command{Verb: VerbDisarm, Reason: "drill"})
	h.disaster("facility_lost", "decision_point")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbDecline, Incident: acmeIncident, Reason: "power is back in minutes"})
	h.order("alice", Command{Verb: VerbArm, Reason: "drill is over"})
	h.verdicts[0].Explanation.Criteria = h.verdicts[0].Explanation.Criteria[:1]
	equal(t, h.at(7*time.Minute), []string{"classified"})
	h.verdicts[0].Level, h.verdicts[0].Current = detector.Disaster, detector.Disaster
	equal(t, h.at(8*time.Minute), []string(nil))
}

func TestWhatOpensAfterAGapGoesOnAndIsDeclaredByAPersonUntilTheGapIsAdopted(t *testing.T) {
	d := &Desk{book: newHouse(t, automatic(t)).book, agenda: newAgenda()}
	d.Lose(Gap{From: 3, Through: 4, Epoch: 7})
	d.Lose(Gap{From: 3, Through: 4, Epoch: 7}) // the same one, read again
	equal(t, len(d.Gaps()), 1)
	equal(t, d.TakeOver("two", "test")[0].Event.(TookOver).Epoch, uint64(8)) // never the same as one in the gap
	says(t, d.gate(), "envelopes 3 to 4", "adopt-gap 3-4")
	d.Apply(Record{At: t0, Event: Armed{By: Actor{Person: "alice"}}})
	says(t, d.gate(), "adopt-gap 3-4") // arming is something else
	d.Apply(Record{At: t0, Event: GapAdopted{From: 1, Through: 2}})
	equal(t, len(d.Gaps()), 1)
	d.Apply(Record{At: t0, Event: GapAdopted{From: 3, Through: 4, By: Actor{Person: "alice"}}})
	equal(t, d.gate(), "")
}
