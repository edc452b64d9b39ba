package incident

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

func TestOneRunCoversEveryServiceItsPlaybookBringsBack(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("core-ledger", 0)))
	h.at(6 * time.Minute)
	equal(t, count[Invoked](h), 1)
	equal(t, last[Invoked](h).Covers, []string{"core-ledger", "payments-api"})
}

func TestEachVitalServiceGetsARunOfItsOwnWhereNoneCoversIt(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting], lost: [fra1]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	files["playbooks/slower.yaml"] = "playbook: slower\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("reporting", 0)))
	h.verdicts[0].Roots = []string{"ledger-db-fra", "pay-fra", "report-fra"}
	h.at(6 * time.Minute)
	equal(t, count[Invoked](h), 2)
	equal(t, h.only().Runs[0].Service, "payments-api")
	equal(t, last[Invoked](h).Playbook, "restore-reporting")
	equal(t, last[Invoked](h).Others, []string{"slower"})
}

func TestThatNothingFitsIsSaidOnceLoudlyWithWhatIsMissing(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.facts.lost["ams2"] = true
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "no_playbook_fits"})
	e := last[NoPlaybookFits](h)
	equal(t, e.Nearest, "failover-to-ams2")
	equal(t, e.Tell, []string{"alice", "bob"})
	says(t, strings.Join(e.Missing, "; "), "ams2")
	equal(t, h.at(7*time.Minute), []string(nil))

	h.facts.lost["ams2"] = false
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.at(8*time.Minute), []string{"no_playbook_fits"})
	equal(t, last[NoPlaybookFits](h).Missing, []string{"it needs ledger-db-ams up, which is down"})
	h.facts.lost["ams2"] = true
	equal(t, h.at(9*time.Minute), []string(nil))
	h.facts = facts{lost: map[string]bool{"fra1": true}}
	equal(t, h.at(10*time.Minute), []string{"invoked", "step_started page"})
	equal(t, len(h.only().NoPlaybook), 0)
}

func TestAHouseWithoutAnyPlaybookSaysSo(t *testing.T) {
	files := automatic(t)
	delete(files, "playbooks/failover.yaml")
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, last[NoPlaybookFits](h).Missing, []string{"there is no playbook at all"})
}

func TestARecoveryPointIsMeasuredAtTheStartOfTheDisruption(t *testing.T) {
	files := with(t, automatic(t), "playbooks/failover.yaml", "  - {component_up: [ledger-db-ams]}", "  - {recovery_point_within: {data: ledger, age: 5m}, else: refuse}")
	files = with(t, files, "bia.yaml", "core-ledger: {", "core-ledger: {data: {ledger: {rpo: 5m}}, ")
	for name, c := range map[string]struct {
		point time.Time
		want  string
	}{
		"fresh":   {t0.Add(-5 * time.Minute), ""},
		"stale":   {t0.Add(-6 * time.Minute), "no older than 5m; the newest is from 2026-04-12 08:54:00Z"},
		"unknown": {time.Time{}, "none is known"},
		"later":   {t0.Add(time.Minute), "from before 2026-04-12 09:00:00Z, and the only one known is from 2026-04-12 09:01:00Z: nobody knows whether it is good"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, files)
			if !c.point.IsZero() {
				h.facts.points["ledger"] = c.point
			}
			h.disaster("facility_lost")
			h.at(6 * time.Minute)
			if c.want == "" {
				equal(t, count[Invoked](h), 1)
				return
			}
			says(t, last[NoPlaybookFits](h).Missing[0], c.want)
		})
	}
}

func TestATargetThatIsOnlySaidToBeUpIsAskedAbout(t *testing.T) {
	for otherwise, kind := range map[string]string{"refuse": "no_playbook_fits", "ask": "invoked"} {
		files := with(t, automatic(t), "playbooks/failover.yaml", "{component_up: [ledger-db-ams]}", "{component_up: [ledger-db-ams], else: "+otherwise+"}")
		h := newHouse(t, files)
		h.facts.disputed = map[string]bool{"ledger-db-ams": true}
		h.disaster("facility_lost")
		says(t, strings.Join(h.at(6*time.Minute), " "), kind)
		if kind == "invoked" {
			says(t, h.step("start-anyway").Text, "it needs ledger-db-ams up, which is disputed: some say that it is worse")
		}
	}
}

func TestAPersonMayInvokeWhatDoesNotFit(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.facts.components["ledger-db-ams"] = detector.Down
	h.at(6 * time.Minute)
	c := Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"payments-api"}, Playbook: "failover-to-ams2"}
	says(t, h.refuses("alice", c).Reason, "needs a reason")
	c.Reason = "monitoring is wrong about Amsterdam"
	says(t, h.refuses("dave", c).Reason, "dave may not invoke")
	equal(t, h.order("alice", c), []string{"invoked", "step_started page"})
	equal(t, last[Invoked](h).By.Person, "alice")
	says(t, h.refuses("bob", c).Reason, "run 1 of payments-api-0412 (failover-to-ams2 for payments-api) still goes on")
	c.Playbook = "failover-to-ams"
	says(t, h.finds("bob", c).Error(), "did you mean \"failover-to-ams2\"?")
}

func TestAnExclusiveResourceIsHeldByOneRunAtATime(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nexclusive: [ams2-capacity]\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	other := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 0))}, "facility_lost")
	h.verdicts = append(h.verdicts, other)
	h.at(6 * time.Minute)
	equal(t, h.book.ids, []string{"payments-api-0412", "reporting-0412"})
	equal(t, last[NoPlaybookFits](h).Missing, []string{"it needs ams2-capacity, which run 1 of payments-api-0412 holds"})
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "served from elsewhere"})
	equal(t, last[Invoked](h).Playbook, "restore-reporting")
}

func TestARunThatWasDeclinedIsNotStartedAgainByItself(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director}\n")
	equal(t, h.says("alice", VerbDecline, "go"), []string{"step_declined go", "run_ended"})
	equal(t, h.at(10*time.Minute), []string(nil))
}

func TestAServiceThatIsAlreadyBackIsNotFailedOver(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.recovers(8*time.Minute, false)
	h.at(9 * time.Minute)
	equal(t, h.order("alice", Command{Verb: VerbDeclare, Incident: acmeIncident}), []string{"declared"})
	h.disaster("facility_lost")
	equal(t, h.at(10*time.Minute), []string{"invoked", "step_started page"})
}

func TestWhatOneRunOfADisasterHoldsNoOtherRunOfTheSameDecisionGets(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nexclusive: [ams2-capacity]\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("reporting", 0)))
	h.at(6 * time.Minute)
	equal(t, len(h.only().Runs), 1)
	equal(t, h.only().Runs[0].Name, "failover-to-ams2")
}

// Nobody knows how far the other run got, so no second one is started beside it; but whoever answers for the service has to
// hear that, and what to do.
func TestThatARunWhichNobodyDrivesKeepsAServiceFromBeingBroughtBackIsSaidLoudly(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	files["playbooks/slower.yaml"] = "playbook: slower\nfor: {services: [reporting]}\npriority: -1\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	invoke := Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"reporting"}, Playbook: "restore-reporting", Reason: "before it is lost too"}
	equal(t, h.order("alice", invoke), []string{"invoked", "step_started restore"})
	h.commit(Change{Incident: acmeIncident, Event: Unrecognised{As: "entangled", Raw: []byte(`{}`)}})
	equal(t, h.book.incidents.of(acmeIncident).Keeps(), []string{"payments-api", "reporting"})

	h.verdicts = append(h.verdicts, h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 5*time.Minute))}, "facility_lost"))
	equal(t, h.at(12*time.Minute), []string{"classified", "declared", "no_playbook_fits"})
	e := last[NoPlaybookFits](h)
	equal(t, e.Keeper, acmeIncident)
	equal(t, e.Tell, []string{"alice", "bob"})
	says(t, Sentence(h.records[len(h.records)-1]), "NO PLAYBOOK IS STARTED for reporting: run 2 of payments-api-0412 was to bring it back and was never ended",
		"payments-api-0412 is shown and not driven", "entangled", "it ends by holdfast stand-down payments-api-0412")
	notices := h.book.incidents.of("reporting-0412").Notices
	says(t, notices[len(notices)-1].Body, "Look at how far it got (holdfast incident payments-api-0412)", "holdfast stand-down payments-api-0412 --reason WHY")
	equal(t, h.at(20*time.Minute), []string(nil)) // it is said once

	// What people try instead says the same.
	invoke.Incident, invoke.Playbook = "reporting-0412", "slower"
	says(t, h.refuses("bob", invoke).Reason, "run 2 of payments-api-0412 (restore-reporting for reporting) still goes on, and payments-api-0412 is shown and not driven")
	invoke.Supersede = true
	says(t, h.refuses("bob", invoke).Reason, "nobody can end it between steps", "holdfast stand-down payments-api-0412")
	says(t, h.refuses("alice", Command{Verb: VerbDeclare, Services: []string{"payments-api"}, Reason: "so"}).Reason, "it ends by holdfast stand-down payments-api-0412; declare it after that")

	equal(t, h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "nothing of it was done"}),
		[]string{"run_ended", "run_ended", "stood_down", "invoked", "step_started restore"})
	equal(t, last[Invoked](h).Playbook, "restore-reporting")
	equal(t, last[Invoked](h).Service, "reporting")
}

// What makes holdfast take its hands off may be something that otherwise concerns nobody but the incident itself.
func TestARunIsNotDrivenAnyMoreWhateverMadeItSo(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"reporting"}, Playbook: "restore-reporting", Reason: "before it is lost too"})
	h.verdicts = append(h.verdicts, h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 5*time.Minute))}, "facility_lost"))
	equal(t, h.at(10*time.Minute), []string{"classified", "declared"}) // it is being brought back
	h.commit(Change{Incident: acmeIncident, Event: StepDone{Run: "9", Step: "restore"}})
	says(t, h.book.incidents.of(acmeIncident).HandsOff, "run 9, which was never started")
	equal(t, h.at(10*time.Minute), []string{"no_playbook_fits"})
	equal(t, last[NoPlaybookFits](h).Keeper, acmeIncident)
}

func TestAnInvocationThatIsQueuedBehindARunThatNobodyDrivesWaitsForItsEnd(t *testing.T) {
	files := automatic(t)
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	files["playbooks/slower.yaml"] = "playbook: slower\nfor: {services: [reporting]}\npriority: -1\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	invoke := Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"reporting"}, Playbook: "restore-reporting", Reason: "before it is lost too"}
	h.order("alice", invoke)
	h.commit(Change{Incident: acmeIncident, Event: Unrecognised{As: "entangled", Raw: []byte(`{}`)}})
	h.verdicts = append(h.verdicts, h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 5*time.Minute))}, "facility_lost"))
	h.at(12 * time.Minute)
	equal(t, h.order("bob", Command{Verb: VerbInvoke, Incident: "reporting-0412", Services: []string{"reporting"}, Playbook: "slower", Reason: "so", Queue: true}), []string{"invocation_queued"})
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "nothing of it was done"})
	equal(t, last[Invoked](h).Playbook, "slower")
	equal(t, count[Invoked](h), 3)
}

func TestThatNothingFitsIsSaidAgainWhenItGetsWorseAndNotOtherwise(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.facts.lost["ams2"] = true
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "no_playbook_fits"})
	equal(t, last[NoPlaybookFits](h).Lost, []string{"fra1"})

	h.verdicts[0].Lost = nil // it gets better, and then as it was
	equal(t, h.at(7*time.Minute), []string{"classified"})
	h.disaster("facility_lost")
	equal(t, h.at(8*time.Minute), []string{"classified"})
	h.verdicts[0].Lost = []string{"ams2", "fra1"} // a site more
	equal(t, h.at(9*time.Minute), []string{"classified", "no_playbook_fits"})
	equal(t, h.at(10*time.Minute), []string(nil))

	// Declared by hand at a level below, and then it is a disaster by what is seen.
	h = newHouse(t, acme())
	h.facts.lost["fra1"], h.facts.lost["ams2"] = true, true
	v := h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))}, "vital_below_mbco")
	h.verdicts = []detector.Verdict{v}
	h.at(6 * time.Minute)
	equal(t, h.order("alice", Command{Verb: VerbDeclare, Incident: acmeIncident, Reason: "I see it"}), []string{"declared", "no_playbook_fits"})
	v.Level, v.Current = detector.Disaster, detector.Disaster
	h.verdicts = []detector.Verdict{v}
	equal(t, h.at(8*time.Minute), []string{"classified", "no_playbook_fits"})
}

// What a version wrote that did not keep the situation counts for every situation: nobody is paged anew by an upgrade.
func TestThatNothingFitsIsNotSaidAgainForWhatAnOlderVersionSaid(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.facts.lost["ams2"] = true
	h.at(6 * time.Minute)
	i := *h.book.incidents.of(acmeIncident)
	i.NoPlaybook = []NoPlaybookFits{i.NoPlaybook[0]}
	i.NoPlaybook[0].Level, i.NoPlaybook[0].Lost = detector.Event, nil
	equal(t, len(i.Due(h.draft().world(i, h.draft().follows(&i)))), 0)
}
