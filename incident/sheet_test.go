package incident

import (
	"strings"
	"testing"
	"time"
)

// When nothing else can be reached, what is on paper has to be all of it: who, by when, and each step.
func TestTheRunSheetHasWhoIsReachedHowAndEveryStepOfEveryPlaybook(t *testing.T) {
	files := with(t, acme(), "people.yaml", "dave: {}", "dave: {name: Dave Example, channels: [{webhook: \"https://pager.example.org/T0KEN-in-the-path\"}, {log: true}]}")
	files = with(t, files, "playbooks/failover.yaml", "retry: 2, repeat: safe}", "retry: 2, repeat: safe, undo: {run: {http: {url: \"https://fence.internal/fra1\", method: DELETE}}}}")
	files = with(t, files, "playbooks/failover.yaml", "owner: team-pay", "owner: team-pay\nabort: Open the fence by hand")
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	text := docs.Sheet(t0)
	says(t, text, "# Run sheet: Acme Payments", "Printed "+stamp(t0), docs.Digest, "declared by incident-director, then head-of-operations",
		"**on-call-pay**\n\n1. Dave Example (dave): pager.example.org, then the log of the daemon\n2. erin (erin): no channel",
		"| payments-api | 2h | 4h | 40m |", "## failover-to-ams2", "- recovers from the loss of: fra1", "- not while lost: ams2", "- only if ledger-db-ams is up", "Called off: Open the fence by hand",
		"NO WAY BACK after it", "taken back by: DELETE https://fence.internal/fra1", "2 of them approve", "look before it is done twice", "write down the evidence")
	for n := range docs.Playbooks[0].Steps {
		says(t, text, "[ ] **"+docs.Playbooks[0].Steps[n].ID+"** ")
	}
	if strings.Contains(text, "T0KEN") {
		t.Error("the path of a webhook, which may be a secret, is on the sheet")
	}
}

func TestTheRunSheetNamesWhoIsOnDutyAtItsInstant(t *testing.T) {
	files := with(t, acme(), "people.yaml", "on-call-pay: {people: [dave, erin]}",
		"on-call-pay: {rotation: {people: [dave, erin], zone: Europe/Berlin, start: 2026-04-06, handover: \"09:00\", every: 7d}}")
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	says(t, docs.Sheet(t0), "**on-call-pay**\n\n1. dave (dave)", "Hands over to erin at 2026-04-13 07:00:00Z.")
	says(t, docs.Sheet(t0.Add(7*24*time.Hour)), "**on-call-pay**\n\n1. erin (erin)")
}
