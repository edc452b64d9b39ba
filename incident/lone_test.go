package incident

import (
	"strings"
	"testing"
	"time"
)

// Who has stolen one credential of monitoring must not choose, by saying that a site is lost, what is done to machines.
func TestAPlaybookThatFitsByOneVoiceAloneIsForAPersonToInvoke(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "pay-fra: {site: fra1,", "pay-fra: {site: ams2,") // so that not all roots stand in fra1
	files = with(t, files, "bia.yaml", "automatic_for: [decision_point, facility_lost]", "automatic_for: [decision_point]")
	const voice = "only prom says that fra1 is lost"
	h := newHouse(t, files)
	h.facts.alone = map[string]string{"fra1": voice}
	h.disaster("decision_point")
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "no_playbook_fits"})
	says(t, strings.Join(last[NoPlaybookFits](h).Missing, "; "), voice, "a person has to invoke it")
	h.facts.alone = nil // another says so too
	equal(t, h.at(7*time.Minute), []string{"invoked", "step_started page"})

	h = newHouse(t, files)
	h.facts.alone = map[string]string{"fra1": voice}
	h.order("alice", Command{Verb: VerbDisarm, Reason: "I decide"})
	h.disaster("decision_point")
	h.at(6 * time.Minute)
	equal(t, h.order("bob", Command{Verb: VerbDeclare, Incident: acmeIncident}), []string{"declared", "invoked", "step_started page"})
}
