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
