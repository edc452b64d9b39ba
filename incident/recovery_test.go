package incident

import (
	"testing"
	"time"

	"holdfast/detector"
)

func TestTheClockRunsFromTheStartOfTheDisruptionToTheStartOfTheStablePeriod(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	c, _ := h.only().Recovery("payments-api")
	equal(t, c.Running(h.now), 6*time.Minute)
	h.recovers(30*time.Minute, false)
	h.at(31 * time.Minute)
	if _, over := h.only().Recoveries[0].RTA(); over {
		t.Error("the clock stopped before the service had held for its recover_for")
	}
	h.recovers(30*time.Minute, true)
	h.at(40 * time.Minute)
	rta, _ := h.only().Recoveries[0].RTA()
	equal(t, rta, 30*time.Minute)
}

func TestAMissedObjectiveIsSaidOnceWhenItsDeadlinePasses(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbDecline, Incident: acmeIncident, Reason: "no"})
	h.at(75 * time.Minute)
	equal(t, h.nextAt(), 2*time.Hour)
	equal(t, h.at(2*time.Hour), []string{"objective_missed"})
	equal(t, last[ObjectiveMissed](h), ObjectiveMissed{Service: "payments-api", Objective: "rto", Deadline: t0.Add(2 * time.Hour), Tell: []string{"alice", "bob"}})
	equal(t, h.at(3*time.Hour), []string(nil))
	equal(t, h.only().Recoveries[0].Missed, t0.Add(2*time.Hour))
}

func TestWhoIsBackJustInTimeHasNotMissedThoughItMustStillHold(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.recovers(2*time.Hour, false)
	equal(t, h.at(2*time.Hour+time.Minute), []string(nil))
	h.disaster("facility_lost") // it does not hold
	equal(t, h.at(2*time.Hour+5*time.Minute), []string{"objective_missed", "decision_due"})
}

func TestWhatCameBackLateWhileNobodyLookedIsMissedAllTheSame(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.recovers(3*time.Hour, true)
	equal(t, h.at(4*time.Hour), []string{"objective_missed", "restored", "classified"})
}

func TestALaterRelapseIsANewEpisodeOfTheSameIncident(t *testing.T) {
	h := invoked(t, automatic(t))
	h.recovers(20*time.Minute, true)
	h.at(30 * time.Minute)
	relapse := h.situation(detector.MajorIncident, []detector.Outage{h.down("payments-api", time.Hour)})
	relapse.Key = "another situation"
	h.verdicts = []detector.Verdict{h.verdicts[0], relapse}
	equal(t, h.at(61 * time.Minute)[:2], []string{"relapsed", "classified"})
	i := h.only()
	equal(t, len(i.Recoveries), 2)
	equal(t, i.Recoveries[0].Restored, t0.Add(20*time.Minute))
	equal(t, i.Recoveries[1].Since, t0.Add(time.Hour))
	equal(t, i.Recoveries[1].Clocks.Deadline, t0.Add(3*time.Hour))
	equal(t, last[Relapsed](h).Tell, []string{"alice", "bob"})
}

func TestARecoveryThatLateEvidenceAnnulsGoesOnFromTheOriginalStart(t *testing.T) {
	h := invoked(t, automatic(t))
	h.recovers(20*time.Minute, true)
	h.at(30 * time.Minute)
	h.disaster("facility_lost")
	equal(t, h.at(31 * time.Minute)[:2], []string{"relapsed", "classified"})
	equal(t, len(h.only().Recoveries), 1)
	equal(t, h.only().Recoveries[0].Since, t0)
	equal(t, h.only().allRestored(), false)
}

func TestALateMessageMovesTheStartAndItsClocks(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.verdicts[0].Services = []detector.Outage{confirmed(h.down("payments-api", -10*time.Minute))}
	equal(t, h.at(7*time.Minute), []string{"classified"})
	equal(t, h.only().Recoveries[0].Since, t0.Add(-10*time.Minute))
	equal(t, h.only().Recoveries[0].Clocks.Deadline, t0.Add(110*time.Minute))
}

func TestStandingDownIsRecommendedOnlyWhenAllIsBackAndNothingIsUnderWay(t *testing.T) {
	h := runWith(t, `
  - {id: verified, verify: {service: payments-api, for: 10m}}
  - {id: tidy, do: "Tidy up", role: on-call-pay}
`)
	h.recovers(7*time.Minute, true)
	h.at(17 * time.Minute)
	equal(t, count[StandDownRecommended](h), 0)
	equal(t, h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "tidy"}), []string{"step_done tidy", "run_ended", "stand_down_recommended"})

	h.disaster("facility_lost")
	h.verdicts[0].Services = []detector.Outage{h.down("payments-api", time.Hour)}
	h.at(61 * time.Minute)
	if !h.only().StandDownRecommendedAt.IsZero() {
		t.Error("standing down is still recommended after a relapse")
	}
	h.recovers(70*time.Minute, true)
	h.at(80 * time.Minute)
	equal(t, count[StandDownRecommended](h), 2)
}

func TestSituationsThatMergeBecomeOneIncident(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("vital_below_mbco")
	h.verdicts[0].Level, h.verdicts[0].Current = detector.MajorIncident, detector.MajorIncident
	h.verdicts = append(h.verdicts, h.situation(detector.MajorIncident, []detector.Outage{h.down("reporting", time.Minute)}))
	h.at(6 * time.Minute)
	equal(t, h.book.ids, []string{"payments-api-0412", "reporting-0412"})

	one := h.verdicts[0]
	one.Absorbed = []string{"reporting"}
	one.Services = append(one.Services[:1:1], h.verdicts[1].Services...)
	h.verdicts = []detector.Verdict{one}
	h.at(7 * time.Minute)
	merged := *h.book.incidents.of("reporting-0412")
	equal(t, merged.Open(), false)
	says(t, merged.Verdict.Explanation.Summary, "merged into the incident payments-api-0412")
	equal(t, len(h.book.incidents.of("payments-api-0412").Recoveries), 2)
}

func TestTwoDeclaredIncidentsThatMergeAreBothCarriedToTheirEnd(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.verdicts = append(h.verdicts, h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", time.Minute))}, "facility_lost"))
	h.at(6 * time.Minute)
	one := h.verdicts[0]
	one.Absorbed = []string{"reporting"}
	one.Services = append(one.Services[:1:1], h.verdicts[1].Services...)
	h.verdicts = []detector.Verdict{one}
	h.at(7 * time.Minute)
	for _, id := range h.book.ids {
		if !h.book.incidents.of(id).Open() {
			t.Errorf("%s, a declared disaster, was closed by a merger", id)
		}
	}
	equal(t, count[Invoked](h), 1)
}

func TestASituationThatWasStoodDownOpensAgainOnlyWhenItGetsWorse(t *testing.T) {
	h := invoked(t, automatic(t))
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "we live with it"})
	equal(t, h.at(10*time.Minute), []string(nil))
	h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("reporting", 10*time.Minute)))
	equal(t, h.at(16 * time.Minute)[0], "classified")
	equal(t, len(h.book.ids), 2)
}

func TestWhatTheDetectorHasForgottenWhileNobodyLookedCameBackWhenItsServiceDid(t *testing.T) {
	h := invoked(t, automatic(t))
	h.verdicts = nil
	h.facts.services["payments-api"] = detector.ServiceState{State: detector.Up, Since: t0.Add(3 * time.Hour)}
	equal(t, h.at(50 * time.Hour)[:3], []string{"objective_missed", "restored", "classified"})
	equal(t, h.only().Recoveries[0].Restored, t0.Add(3*time.Hour))
	if !h.only().Open() {
		t.Error("a declared disaster cleared itself")
	}
	equal(t, h.at(60*time.Hour), []string{"escalated page"})
}

func TestTheEndOfTheMTPDIsToldOfByItself(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("vital_below_mbco")
	h.at(2 * time.Hour)
	equal(t, last[ObjectiveMissed](h).Objective, "rto")
	equal(t, h.nextAt(), 4*time.Hour)
	equal(t, h.at(4*time.Hour), []string{"objective_missed"})
	equal(t, last[ObjectiveMissed](h).Objective, "mtpd")
	c, _ := h.only().Recovery("payments-api")
	equal(t, c.Overrun, t0.Add(4*time.Hour))
}

func TestStandingDownBeforeItIsRecommendedNeedsAReasonAndHidesNothingThatGetsWorse(t *testing.T) {
	h := invoked(t, automatic(t))
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident}).Reason, "not back: payments-api", "needs a reason")
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "an error of the probes"})
	equal(t, h.at(7*time.Minute), []string(nil))
	h.verdicts[0].Roots = append(h.verdicts[0].Roots, "report-fra")
	h.at(8 * time.Minute)
	equal(t, h.book.ids, []string{acmeIncident, acmeIncident + "-2"})
}

// blind is a house in which an observer has fallen silent and nothing is below its MBCO.
func blind(t *testing.T) *house {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{{Key: "observer prom", At: t0, Level: detector.Impaired, Current: detector.Impaired, Open: true, Since: t0, Explanation: detector.Explanation{
		Summary: "prom is silent", Criteria: []detector.Criterion{{ID: "monitoring_lost", Level: detector.Impaired, Answer: detector.Met}}}}}
	h.at(time.Minute)
	return h
}

// speaks has the observer speak again, or fall silent.
func (h *house) speaks(again bool) {
	v := h.verdicts[0]
	v.Open, v.Current, v.Explanation.Criteria = !again, detector.Event, nil
	if !again {
		v.Current, v.Explanation.Criteria = detector.Impaired, []detector.Criterion{{ID: "monitoring_lost", Level: detector.Impaired, Answer: detector.Met}}
	}
	h.verdicts = []detector.Verdict{v}
}

func TestLostMonitoringThatAPersonDeclaredIsStoodDownWhenEveryObserverSpeaksAgain(t *testing.T) {
	h := blind(t)
	id := h.only().ID
	equal(t, h.order("alice", Command{Verb: VerbDeclare, Incident: id, Reason: "we are blind"}), []string{"declared"})
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: id}).Reason, "standing down is not recommended yet (still so: monitoring_lost)")
	equal(t, h.at(time.Hour), []string(nil))
	h.speaks(true)
	equal(t, h.at(2*time.Hour), []string{"classified", "stand_down_recommended"})
	equal(t, last[StandDownRecommended](h).Tell, []string{"alice", "bob"})

	h.speaks(false) // before anybody stood down
	equal(t, h.at(3*time.Hour), []string{"classified"})
	equal(t, h.only().StandDownRecommendedAt.IsZero(), true)
	h.speaks(true)
	equal(t, h.at(4*time.Hour), []string{"classified", "stand_down_recommended"})
	equal(t, h.order("alice", Command{Verb: VerbStandDown, Incident: id}), []string{"stood_down"})
}

// Monitoring saw nothing of it from the start, so that it sees nothing of it now proves nothing.
func TestWhatOnlyAPersonSawIsNotSaidToBeOverByMonitoring(t *testing.T) {
	files := acme()
	delete(files, "playbooks/failover.yaml")
	h := newHouse(t, files)
	h.order("alice", Command{Verb: VerbDeclare, Services: []string{"payments-api"}, Reason: "the phones say so"})
	equal(t, h.at(5*time.Hour), []string(nil))
	equal(t, count[StandDownRecommended](h), 0)
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: h.only().ID}).Reason, "only people know when it is over")
}
