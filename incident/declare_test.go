package incident

import (
	"testing"
	"time"

	"holdfast/detector"
)

// The clocks of payments-api in these tests: deadline t0+2h, latest time to invoke 75m, decision due 35m (LTI - 2 x 20m).

func TestAnIncidentOpensWhenTheDetectorSaysSoAndIsNamedForThePhone(t *testing.T) {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{h.situation(detector.Impaired, []detector.Outage{h.down("reporting", 0), h.down("payments-api", 0)})}
	equal(t, h.at(2*time.Minute), []string{"classified"})
	equal(t, h.only().ID, "payments-api-0412")
	equal(t, h.only().Opened, t0.Add(2*time.Minute))
}

func TestTimeAloneRecordsNothingOfAVerdict(t *testing.T) {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{h.situation(detector.Impaired, []detector.Outage{h.down("payments-api", 0)})}
	h.at(2 * time.Minute)
	for m := 3; m < 30; m++ {
		h.verdicts[0].At = h.now
		h.verdicts[0].Explanation.Summary = "lost for " + h.now.Sub(t0).String()
		h.verdicts[0].Explanation.Criteria = nil
		equal(t, h.at(time.Duration(m)*time.Minute), []string(nil))
	}
}

func TestASecondIncidentOfTheDayGetsANumber(t *testing.T) {
	h := newHouse(t, acme())
	v := h.situation(detector.Impaired, []detector.Outage{h.down("payments-api", 0)})
	h.verdicts = []detector.Verdict{v}
	h.at(2 * time.Minute)
	ended := v
	ended.Open, ended.Services = false, []detector.Outage{recovered(back(v.Services[0], 10*time.Minute))}
	h.verdicts = []detector.Verdict{ended}
	equal(t, h.at(20*time.Minute), []string{"restored", "classified"})
	fresh := h.situation(detector.Impaired, []detector.Outage{h.down("payments-api", time.Hour)})
	fresh.Key = "another"
	h.verdicts = []detector.Verdict{ended, fresh}
	h.at(62 * time.Minute)
	equal(t, h.book.ids, []string{"payments-api-0412", "payments-api-0412-2"})
}

func TestAnUndeclaredIncidentEndsByItselfAndADeclaredOneDoesNot(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.recovers(10*time.Minute, true)
	equal(t, h.at(20*time.Minute), []string{"restored", "classified"})
	equal(t, h.only().Closed, t0.Add(20*time.Minute))

	h = newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.recovers(10*time.Minute, true)
	h.at(20 * time.Minute)
	if !h.only().Open() {
		t.Error("a declared disaster cleared itself")
	}
}

func TestTheAuthorityIsPagedBeforeItIsTooLateThenItsSuccessorsThenBoth(t *testing.T) {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))}, "vital_below_mbco")}
	h.at(6 * time.Minute)
	equal(t, h.nextAt(), 35*time.Minute)
	equal(t, h.at(35*time.Minute-1), []string(nil))
	equal(t, h.at(35*time.Minute), []string{"decision_due"})
	equal(t, last[DecisionDue](h), DecisionDue{Service: "payments-api", LTI: t0.Add(75 * time.Minute), Round: 1, Tell: []string{"alice", "bob"}})
	equal(t, h.nextAt(), 55*time.Minute)
	h.at(55 * time.Minute)
	equal(t, last[DecisionDue](h).Tell, []string{"carol"})
	equal(t, h.nextAt(), 75*time.Minute)
	h.at(75 * time.Minute)
	equal(t, last[DecisionDue](h).Tell, []string{"alice", "bob", "carol"})
	equal(t, count[DecisionDue](h), 3)
	says(t, h.only().Notices[0].Body, "latest time to invoke 2026-04-12 10:15:00Z", "holdfast declare payments-api-0412")
}

func TestAServiceWithoutAKnownRTCIsPagedAtConfirmationAndNeverDeclaredAutomatically(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.verdicts = []detector.Verdict{h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("unplanned", 0))}, "facility_lost")}
	equal(t, h.at(5*time.Minute), []string{"classified", "recommended", "decision_due"})
	says(t, last[Recommended](h).Gate, "RTC of unplanned is not known")
	if lti := last[DecisionDue](h).LTI; !lti.IsZero() {
		t.Errorf("a latest time to invoke of %v without a known RTC", lti)
	}
}

func TestInRecommendModeADisasterIsRecommendedWithTheGateNamed(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "recommended"})
	equal(t, last[Recommended](h), Recommended{Criteria: []string{"facility_lost"}, Gate: "declaration.mode is recommend", Tell: []string{"alice", "bob"}})
	equal(t, h.at(7*time.Minute), []string(nil))
	h.disaster("facility_lost", "site_loss_inferred")
	equal(t, h.at(8*time.Minute), []string{"classified", "recommended"})
}

func TestADelegatedCriterionDeclaresAndInvokesByItself(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "invoked", "step_started page"})
	d := last[Declared](h)
	equal(t, d.By, Actor{Rule: "automatic_for facility_lost"})
	equal(t, d.Automatic, true)
	equal(t, d.Services[0].Service, "payments-api")
	equal(t, last[Invoked](h).By, d.By)
}

func TestACriterionThatNobodyDelegatedIsOnlyRecommended(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("data_loss")
	h.at(6 * time.Minute)
	says(t, last[Recommended](h).Gate, "automatic_for does not name data_loss")
	equal(t, count[Declared](h), 0)
}

func TestWhatTheDetectorDoubtsIsOnlyRecommended(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.verdicts[0].Explanation.Criteria[0].Doubt = "it rests on observers that are silent now"
	h.at(6 * time.Minute)
	equal(t, last[Recommended](h).Gate, "it rests on observers that are silent now")
	h.disaster("facility_lost")
	equal(t, h.at(7 * time.Minute)[0], "declared")
}

func TestCompromisedDataIsRecommendedToTheAuthorityAndNeverMore(t *testing.T) {
	h := newHouse(t, automatic(t))
	v := h.situation(detector.MajorIncident, []detector.Outage{{Service: "core-ledger", State: detector.Up, Objectives: h.book.docs.BIA.Objectives("core-ledger")}}, detector.DataCompromised)
	v.Explanation.Criteria[0].Doubt = "data is compromised: never automatic"
	h.verdicts = []detector.Verdict{v}
	equal(t, h.at(0), []string{"classified", "recommended"})
	equal(t, last[Recommended](h), Recommended{Criteria: []string{"data_compromised"}, Gate: "automatic_for does not name data_compromised", Tell: []string{"alice", "bob"}})
}

func TestWhoeverDisarmsTakesEveryDeclarationIntoPeoplesHands(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.order("alice", Command{Verb: VerbDisarm, Reason: "audit"})
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	says(t, last[Recommended](h).Gate, "disarmed by alice")
	says(t, h.refuses("bob", Command{Verb: VerbDisarm}).Reason, "already disarmed by alice", "2026-04-12 09:00:00Z")
	says(t, h.refuses("dave", Command{Verb: VerbArm}).Reason, "dave may not arm", "incident-director", "alice, bob")
	equal(t, h.order("carol", Command{Verb: VerbArm})[:2], []string{"armed", "declared"})
}

func TestOneAutomaticInvocationPerServiceBlowsTheFuse(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbStandDown, Incident: "payments-api-0412", Reason: "a false alarm of the facility"})
	h.verdicts = nil
	h.at(time.Hour)
	h.disaster("facility_lost")
	h.verdicts[0].Key = "again"
	h.at(2 * time.Hour)
	equal(t, h.book.ids, []string{"payments-api-0412", "payments-api-0412-2"})
	equal(t, count[Declared](h), 1)
	says(t, last[Recommended](h).Gate, "payments-api was invoked automatically in payments-api-0412", "24h")
	h.at(23 * time.Hour) // its MTPD is long over
	equal(t, h.nextAt(), 24*time.Hour+6*time.Minute)
	h.at(24*time.Hour + 6*time.Minute)
	equal(t, count[Declared](h), 2)
}

func TestAPersonMayDeclareThoughTheFuseIsBlown(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbStandDown, Incident: "payments-api-0412", Reason: "a false alarm"})
	h.disaster("facility_lost")
	h.verdicts[0].Key = "again"
	h.at(2 * time.Hour)
	equal(t, h.order("bob", Command{Verb: VerbDeclare, Incident: "payments-api-0412-2", Reason: "it is real"}), []string{"declared", "invoked", "step_started page"})
	equal(t, last[Declared](h).By, Actor{Person: "bob", Role: "incident-director"})
}

func TestNoDecisionByTheLatestTimeToInvokeIsAYesWhereTheAuthoritySaidSo(t *testing.T) {
	files := with(t, acme(), "bia.yaml", "mode: recommend", "mode: recommend\n  on_no_decision: declare")
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, count[Declared](h), 0)
	h.disaster("decision_point", "facility_lost")
	h.at(75 * time.Minute)
	equal(t, last[Declared](h).By, Actor{Rule: "on_no_decision"})

	h = newHouse(t, files)
	h.order("alice", Command{Verb: VerbDisarm})
	h.disaster("decision_point")
	h.at(75 * time.Minute)
	equal(t, count[Declared](h), 0)
}

func TestADeclineBindsUntilTheFactsGetWorse(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(40 * time.Minute)
	h.order("alice", Command{Verb: VerbDecline, Incident: "payments-api-0412", Reason: "power is back in ten minutes"})
	before := len(h.records)
	h.at(60 * time.Minute)
	equal(t, len(h.records), before)
	says(t, h.refuses("bob", Command{Verb: VerbDecline, Incident: "payments-api-0412"}).Reason, "already declined by alice")

	h.at(75 * time.Minute)
	equal(t, last[DecisionDue](h).Round, 3)
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, "declined by alice", "power is back in ten minutes")

	h.disaster("facility_lost", "site_loss_inferred")
	equal(t, h.at(80*time.Minute), []string{"classified", "recommended"})
}

func TestNeitherNoDecisionNorAutomaticActsOnWhatWasDeclined(t *testing.T) {
	for _, files := range []map[string]string{
		automatic(t),
		with(t, acme(), "bia.yaml", "mode: recommend", "mode: recommend\n  on_no_decision: declare"),
	} {
		h := newHouse(t, files)
		h.verdicts = []detector.Verdict{h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))})}
		h.at(35 * time.Minute)
		h.order("alice", Command{Verb: VerbDecline, Incident: "payments-api-0412", Reason: "the provider is at it"})
		equal(t, last[DeclarationDeclined](h).Criteria, []string{"decision_point"})
		h.verdicts = []detector.Verdict{h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0))}, "decision_point")}
		equal(t, h.at(75*time.Minute), []string{"classified", "decision_due"})
	}
}

func TestADeclineEndsAtItsStatedInstant(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.order("alice", Command{Verb: VerbDisarm})
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbDecline, Incident: "payments-api-0412", Until: t0.Add(20 * time.Minute)})
	h.order("alice", Command{Verb: VerbArm})
	equal(t, count[Declared](h), 0)
	equal(t, h.nextAt(), 20*time.Minute)
	h.at(20 * time.Minute)
	equal(t, count[Declared](h), 1)
}

func TestALostServiceOrDomainMoreEndsADecline(t *testing.T) {
	for name, worse := range map[string]func(h *house){
		"service": func(h *house) {
			h.verdicts[0].Services = append(h.verdicts[0].Services, confirmed(h.down("reporting", 10*time.Minute)))
		},
		"domain": func(h *house) { h.verdicts[0].Lost = []string{"ams2", "fra1"} },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, acme())
			h.disaster("facility_lost")
			h.at(6 * time.Minute)
			h.order("alice", Command{Verb: VerbDecline, Incident: "payments-api-0412", Reason: "wait"})
			worse(h)
			equal(t, h.at(10*time.Minute), []string{"classified", "recommended"})
		})
	}
}

func TestOnlyTheAuthorityOrItsSuccessorsDecide(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	for _, verb := range []Verb{VerbDeclare, VerbDecline} {
		says(t, h.refuses("dave", Command{Verb: verb, Incident: "payments-api-0412"}).Reason, "dave may not", "incident-director or head-of-operations")
	}
	h.order("carol", Command{Verb: VerbDeclare, Incident: "payments-api-0412"})
	equal(t, last[Declared](h).By, Actor{Person: "carol", Role: "head-of-operations"})
	r := h.refuses("alice", Command{Verb: VerbDeclare, Incident: "payments-api-0412"})
	equal(t, r.By.Person, "carol")
	equal(t, r.At, t0.Add(6*time.Minute))
}

func TestAPersonCanDeclareWhatMonitoringDoesNotSee(t *testing.T) {
	h := newHouse(t, with(t, acme(), "playbooks/failover.yaml", "lost: [fra1], ", ""))
	h.at(0)
	says(t, h.refuses("alice", Command{Verb: VerbDeclare}).Reason, "name an incident, or the services")
	equal(t, h.order("alice", Command{Verb: VerbDeclare, Services: []string{"payments-api"}, Reason: "ransom note"}),
		[]string{"classified", "declared", "invoked", "step_started page"})
	i := h.only()
	equal(t, i.ID, "payments-api-0412")
	equal(t, i.Declared.Criteria, []string{"manual"})
	equal(t, len(i.Recoveries), 0)

	h.disaster("facility_lost")
	equal(t, h.at(4*time.Minute), []string{"classified"})
	equal(t, h.only().Recoveries[0].Since, t0)
	says(t, h.refuses("bob", Command{Verb: VerbDeclare, Services: []string{"payments-api"}}).Reason, "belongs to the incident payments-api-0412")
}

func TestWithoutARosterEveryoneMayAct(t *testing.T) {
	files := acme()
	delete(files, "people.yaml")
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, last[Recommended](h).Tell, []string{"incident-director"})
	h.order("anybody", Command{Verb: VerbDeclare, Incident: "payments-api-0412"})
	equal(t, h.only().Declared.By.Person, "anybody")
}
