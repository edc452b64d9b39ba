package readiness_test

import (
	"slices"
	"testing"

	"holdfast/incident"
	"holdfast/readiness"
)

func TestARoleThatNobodyHasHidesNoServiceThatIsNotThere(t *testing.T) {
	rules := func(service, role, more string) (found []string) {
		docs, problems := incident.ParseDocuments(map[string]string{
			"bia.yaml":         "organisation: A shop\nservices: {shop: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [web]}}\ncomponents: {web: {}}\ndeclaration: {authority: chief}\n" + more,
			"people.yaml":      "people: {a: {}, b: {}}\nroles: {chief: {people: [a, b]}}\n",
			"playbooks/p.yaml": "playbook: p\nfor: {services: [" + service + "]}\nsteps:\n  - {id: look, do: Look, role: " + role + "}\n"})
		for _, p := range readiness.Dangling(docs, problems) {
			found = append(found, p.Rule)
		}
		return found
	}
	if got := rules("shopp", "shief", ""); !slices.Equal(got, []string{"readiness/dangling"}) {
		t.Error(got)
	}
	if got := rules("shop", "shief", ""); len(got) > 0 {
		t.Error(got)
	}
	if got := rules("shopp", "shief", "nonsense: true\n"); len(got) > 0 { // what is named may be what could not be read
		t.Error(got)
	}
}
