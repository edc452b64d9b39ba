package readiness_test

import (
	"strings"
	"testing"

	"holdfast/incident"
	"holdfast/readiness"
)

// On the night on which one provider is down, whoever is told through nothing else is not told.
func TestWhoIsToldThroughOneProviderAloneIsFound(t *testing.T) {
	for people, want := range map[string]string{
		"ann: {channels: [{webhook: \"https://pager.example.org/ann\"}, {webhook: \"https://chat.example.com/ann\"}]}":                                 "",
		"ann: {channels: [{webhook: \"https://pager.example.org/ann\"}, {webhook: \"https://pager.example.org:8443/ann\"}]}":                           "ann is told through pager.example.org alone",
		"ann: {channels: [{webhook: \"https://pager.example.org/ann\"}, {log: true}]}":                                                                 "ann is told through pager.example.org alone",
		"ann: {channels: [{webhook: \"https://pager.example.org/ann\"}, {webhook: \"https://chat.example.com/ann\"}]}, bob: {channels: [{log: true}]}": "nothing but the log of the daemon tells bob",
		"ann: {channels: [{log: true}]}, bob: {}": "", // first steps
	} {
		docs, problems := incident.ParseDocuments(map[string]string{
			"bia.yaml":    "organisation: A shop\nservices: {shop: {needs: [web]}}\ncomponents: {web: {}}\n",
			"people.yaml": "people: {" + people + "}\nroles: {chief: {people: [ann]}}\n"})
		if problems.HasErrors() {
			t.Fatal(problems.Error())
		}
		got := ""
		for _, p := range readiness.Check(docs, problems, today) {
			if p.Rule == "readiness/one-channel" {
				got += p.Message
			}
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, expected %q", people, got, want)
		}
	}
}
