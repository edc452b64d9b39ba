package readiness_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/incident"
	"holdfast/readiness"
)

// house is an organisation with so many vital services, each with a playbook of its own, over ten sites.
func house(tb testing.TB, services int) *incident.Documents {
	tb.Helper()
	var bia strings.Builder
	bia.WriteString("organisation: A large house\nsites: {")
	for n := range 10 {
		fmt.Fprintf(&bia, "site-%d: {}, ", n)
	}
	bia.WriteString("}\nobservers: {prom: {}}\ncomponents:\n  network: {observers: [prom]}\n")
	for n := range services {
		fmt.Fprintf(&bia, "  app-%d: {site: site-%d, observers: [prom]}\n  db-%d: {site: site-%d, observers: [prom]}\n  spare-%d: {site: site-%d, observers: [prom]}\n", n, n%10, n, n%10, n, (n+1)%10)
	}
	bia.WriteString("services:\n")
	files := map[string]string{}
	for n := range services {
		fmt.Fprintf(&bia, "  service-%d: {vital: true, rto: 4h, mtpd: 8h, rtc: 1h, needs: [app-%d, db-%d, network]}\n", n, n, n)
		files[fmt.Sprintf("playbooks/move-%d.yaml", n)] = fmt.Sprintf("playbook: move-%d\nfor: {services: [service-%d], lost: [site-%d], not_when_lost: [site-%d]}\nrtc: 30m\npreconditions:\n  - {component_up: [spare-%d]}\nsteps:\n"+
			"  - {id: look, do: Look, role: chief, expect: 5m}\n  - {id: go, decide: Go?, role: chief, expect: 5m}\n  - {id: move, run: {exec: {command: move}}, needs: [spare-%d], fallback: by-hand, expect: 5m}\n  - {id: by-hand, do: Move it by hand, role: chief}\n  - {id: back, verify: {service: service-%d}, milestone: recovered, expect: 5m}\n",
			n, n, n%10, (n+1)%10, n, n, n)
	}
	bia.WriteString("declaration: {authority: chief, mode: automatic, automatic_for: [decision_point]}\n")
	files["bia.yaml"] = bia.String()
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		tb.Fatal(problems.Error())
	}
	return docs
}

// It took three quarters of a minute, at each start and reload, when every playbook was held against every service. Now it is less than
// a second; the limit leaves room for a slow machine.
func TestAThousandPlaybooksHoldUpNoStart(t *testing.T) {
	docs, began := house(t, 1000), time.Now()
	if len(readiness.Check(docs, nil, today)) == 0 {
		t.Fatal("nothing is found of a house that nobody has approved")
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("a thousand playbooks took %v", took)
	}
}

// What is looked at before each start and reload must not grow with the square of what there is.
func BenchmarkCheck(b *testing.B) {
	for _, services := range []int{100, 1000} {
		docs := house(b, services)
		b.Run(fmt.Sprint(services, " playbooks"), func(b *testing.B) {
			for b.Loop() {
				if len(readiness.Check(docs, nil, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))) == 0 {
					b.Fatal("nothing is found of a house that nobody has approved")
				}
			}
		})
	}
}
