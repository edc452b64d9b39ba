package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// toldSince are the notices since there were so many.
func (h *house) toldSince(n int) (people []string, bodies string) {
	for _, notice := range h.only().Notices[n:] {
		people = append(people, notice.Person)
		bodies += notice.Body + "\n"
	}
	slices.Sort(people)
	return people, bodies
}

func TestWhoWasCalledIsToldThatItIsCalledOff(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = strings.Replace(acmeFailover, "\nsteps:", "\nabort: Point the names back.\nsteps:", 1)
	h := invoked(t, files)
	before := len(h.only().Notices)
	h.control("alice", VerbAbort, "", "")
	people, bodies := h.toldSince(before)
	equal(t, people, []string{"alice", "bob", "carol", "dave", "erin"}) // dave was paged, and erin is next
	says(t, bodies, "RETRACTED: what you were asked to do in it is called off", "By hand: Point the names back.")
}

func TestWhoWasCalledIsToldThatItIsOver(t *testing.T) {
	h := invoked(t, automatic(t))
	before := len(h.only().Notices)
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "a false alarm"})
	people, bodies := h.toldSince(before)
	equal(t, slices.Contains(people, "dave"), true)
	says(t, bodies, "What you were told of it is over")
}

func TestWhoWasAskedToDecideIsToldWhenThereIsNothingToDecideAnyMore(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	before := len(h.only().Notices)
	if before == 0 {
		t.Fatal("nobody was told anything")
	}
	h.recovers(7*time.Minute, true)
	h.at(20 * time.Minute)
	equal(t, h.only().Open(), false)
	people, bodies := h.toldSince(before)
	equal(t, slices.Contains(people, "alice"), true)
	says(t, bodies, "What you were told of it is over")
}

func TestOneMessageTellsOfAllServicesThatTheSameHolds(t *testing.T) {
	h := invoked(t, with(t, automatic(t), "bia.yaml", "reporting: {vital: true, rto: 8h, mtpd: 24h, wrt: 1h, rtc: 1h", "reporting: {vital: true, rto: 2h, mtpd: 24h, wrt: 1h, rtc: 1h"))
	v := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0)), confirmed(h.down("reporting", 0))}, "facility_lost")
	v.Key, v.Lost = h.verdicts[0].Key, h.verdicts[0].Lost
	h.verdicts = []detector.Verdict{v}
	h.at(119 * time.Minute)
	before := len(h.only().Notices)
	h.at(2 * time.Hour)
	equal(t, count[ObjectiveMissed](h), 2)
	told := 0
	for _, n := range h.only().Notices[before:] {
		if n.Person == "alice" && strings.Contains(n.Subject, "missed") {
			told++
			says(t, n.Body, "The same holds for reporting.")
		}
	}
	equal(t, told, 1)
}
