package playbooks

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// failover is the playbook of the domain's own description, without what this version does not know yet.
const failover = `
playbook: failover-payments-to-ams2
version: 7
owner: team-pay
approved_by: head-of-operations
approved_on: 2026-10-01
next_review: 2027-04-01
for:
  services: [payments-api, core-ledger]
  lost: [fra1]
  not_when_lost: [ams2, edr-agent]
priority: 10
exclusive: [ams2-capacity]
rtc: 40m
preconditions:
  - {component_up: [ledger-db-ams, dns-api]}
  - {recovery_point_within: {data: ledger, age: 5m}, else: ask}
steps:
  - {id: page,     phase: activation, notify: [on-call-pay, incident-director], ack: {role: on-call-pay, within: 5m, escalate: [head-of-operations]}}
  - {id: assess,   phase: activation, do: "Assess cause, further damage, facility status, time to restore", role: on-call-pay,
     answers: {estimated_time_to_restore: duration}, within: 10m, expect: 10m}
  - {id: fence,    after: [page], run: {http: {url: "https://fence.internal/fra1"}}, timeout: 2m, retry: 3, repeat: safe, expect: 1m}
  - {id: go,       after: [assess, fence], decide: "Promote the ledger in Amsterdam?", role: incident-director, approvals: 2, within: 10m, point_of_no_return: true, expect: 5m}
  - {id: promote,  run: {nats: {subject: ledger.promote, request: {site: ams2}}}, timeout: 10m, repeat: ask, expect: 5m, point_of_no_return: true}
  - {id: verified, verify: {service: payments-api, for: 10m}, milestone: recovered}
  - {id: reconcile, phase: recovery, do: "Reconcile from the last replicated point", role: ledger-accounting, milestone: work_recovered, evidence: required, expect: 4h}
  - {id: failback, phase: reconstitution, decide: "Fail back as a normal change?", role: incident-director}
exercise: {skip: [promote]}
`

func read(t testing.TB, text string) *Playbook {
	t.Helper()
	p, problems := Parse("playbook.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("the playbook should be fine:\n%v", problems)
	}
	return p
}

func step(t testing.TB, p *Playbook, id string) *Step {
	t.Helper()
	s, ok := p.Step(id)
	if !ok {
		t.Fatalf("no step %q", id)
	}
	return s
}

func TestAStepWaitsForTheOneBeforeItUnlessItSaysOtherwise(t *testing.T) {
	p := read(t, failover)
	want := map[string][]string{
		"page": nil, "assess": {"page"}, "fence": {"page"}, "go": {"assess", "fence"}, "promote": {"go"}, "verified": {"promote"},
	}
	for id, waits := range want {
		if diff := cmp.Diff(waits, p.Waits(id)); diff != "" {
			t.Errorf("what %s waits for (-want +got):\n%s", id, diff)
		}
	}
}

func TestAStepWithAnEmptyAfterWaitsForNothing(t *testing.T) {
	p := read(t, `
playbook: p
for: {services: [shop]}
steps:
  - {id: one, wait: 1m}
  - {id: two, after: [], wait: 1m}
`)
	if waits := p.Waits("two"); len(waits) != 0 {
		t.Errorf("two waits for %v", waits)
	}
}

func TestAStepIsOfThePhaseBeforeIt(t *testing.T) {
	p := read(t, `
playbook: p
for: {services: [shop]}
steps:
  - {id: one, wait: 1m}
  - {id: two, phase: activation, wait: 1m}
  - {id: three, wait: 1m}
  - {id: four, phase: reconstitution, wait: 1m}
  - {id: five, wait: 1m}
`)
	var got []Phase
	for _, s := range p.Steps {
		got = append(got, s.Phase)
	}
	if diff := cmp.Diff([]Phase{Recovery, Activation, Activation, Reconstitution, Reconstitution}, got); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotWrittenHasADefault(t *testing.T) {
	p := read(t, `
playbook: p
for: {services: [shop]}
preconditions: [{component_up: [db]}]
steps:
  - {id: decide, decide: "Go?", role: boss}
  - {id: http, run: {http: {url: "http://x"}}}
  - {id: verify, verify: {service: shop, for: 10m}}
  - {id: probe, verify: {http: {url: "http://x"}}}
`)
	type defaults struct {
		Else, OnFailure, Repeat, Method, At, Asks string
		Approvals                                 int
		Timeout, Backoff, Every, VerifyTimeout    time.Duration
	}
	decide, http, verify, probe := step(t, p, "decide"), step(t, p, "http"), step(t, p, "verify"), step(t, p, "probe")
	got := defaults{
		p.Preconditions[0].Else, http.OnFailure, http.Repeat, http.Run.HTTP.Method, verify.Verify.At, probe.Verify.HTTP.Method,
		decide.Approvals,
		http.Timeout, http.Backoff, verify.Verify.Every, verify.Timeout,
	}
	want := defaults{"refuse", "pause", "ask", "POST", "mbco", "GET", 1, time.Minute, time.Second, 5 * time.Second, 25 * time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestAPlaybookKnowsItsTextAndDigest(t *testing.T) {
	p := read(t, failover)
	if p.Text != failover || p.File != "playbook.yaml" {
		t.Errorf("the text or the file is not what was read (file %q)", p.File)
	}
	if want := "sha256:"; !strings.HasPrefix(p.Digest, want) || len(p.Digest) != len(want)+64 {
		t.Errorf("digest %q", p.Digest)
	}
	if again := read(t, failover+"# changed\n"); again.Digest == p.Digest {
		t.Error("another text has the same digest")
	}
}

func TestARoleIsMentionedWhereItStands(t *testing.T) {
	var got []string
	for _, m := range read(t, failover).Roles() {
		if !strings.HasPrefix(string([]rune(m.At.Text)[m.At.Column-1:]), m.Name) {
			t.Errorf("%s is not at %v", m.Name, m.At.Position)
		}
		got = append(got, m.Name)
	}
	want := []string{"on-call-pay", "incident-director", "on-call-pay", "head-of-operations", "on-call-pay", "incident-director", "ledger-accounting", "incident-director"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestAThoroughlyWrongPlaybookIsToldEverythingAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse("wrong.yaml", text)
	golden(t, "testdata/wrong.golden", problems.Error()+"\n")
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

// rules are the ids of what is wrong with some steps.
func rules(steps string) []string {
	_, problems := Parse("playbook.yaml", []byte("playbook: p\nfor: {services: [shop]}\nsteps:\n"+steps))
	var ids []string
	for _, p := range problems {
		ids = append(ids, p.Rule)
	}
	return ids
}

func TestALaterStepMayBeWaitedFor(t *testing.T) {
	got := rules(`
  - {id: one, after: [two], wait: 1m}
  - {id: two, after: [], wait: 1m}
`)
	if len(got) > 0 {
		t.Errorf("nothing is wrong with it, but: %v", got)
	}
}

func TestADecisionFurtherBackCoversAPointOfNoReturn(t *testing.T) {
	got := rules(`
  - {id: ask, decide: "Go?", role: boss}
  - {id: breathe, wait: 1m}
  - {id: jump, run: {exec: {command: jump}}, point_of_no_return: true}
`)
	if len(got) > 0 {
		t.Errorf("nothing is wrong with it, but: %v", got)
	}
}

func TestADecisionBesideAPointOfNoReturnDoesNotCoverIt(t *testing.T) {
	got := rules(`
  - {id: start, wait: 1m}
  - {id: ask, decide: "Go?", role: boss}
  - {id: jump, after: [start], run: {exec: {command: jump}}, point_of_no_return: true}
`)
	if diff := cmp.Diff([]string{"playbook/undecided"}, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestAnUnattendedPlaybookMayPassThePointOfNoReturnAndIsWarnedAbout(t *testing.T) {
	_, problems := Parse("playbook.yaml", []byte(`
playbook: p
for: {services: [shop]}
unattended: true
steps:
  - {id: jump, run: {exec: {command: jump}}, point_of_no_return: true}
`))
	if problems.HasErrors() || len(problems) != 1 || problems[0].Rule != "playbook/unattended" || problems[0].Severity != source.Warning {
		t.Errorf("want one warning, playbook/unattended, got:\n%v", problems)
	}
}

func TestWhatIsNoPlaybookAtAllIsOneProblem(t *testing.T) {
	for _, text := range []string{"", "just words", "[1, 2]", "a: b: c", "\xff", "--- \n---\n"} {
		if _, problems := Parse("playbook.yaml", []byte(text)); len(problems) != 1 || !problems.HasErrors() {
			t.Errorf("%q: want one error, got:\n%v", text, problems)
		}
	}
}

func TestAPlaybookIsForSomethingAndHasStepsThatPeopleCanFollow(t *testing.T) {
	steps := "steps:\n" + strings.Repeat("  - {do: Look, role: head}\n", mostSteps+1)
	for rule, text := range map[string]string{
		"playbook/for-nothing":    "playbook: p\nsteps: [{id: look, wait: 1m}]\n",
		"playbook/no-steps":       "playbook: p\nfor: {services: [shop]}\nsteps: []\n",
		"playbook/too-many-steps": "playbook: p\nfor: {services: [shop]}\n" + steps,
	} {
		_, problems := Parse("playbook.yaml", []byte(text))
		if !slices.ContainsFunc(problems, func(p source.Problem) bool { return p.Rule == rule }) {
			t.Errorf("no %s:\n%v", rule, problems)
		}
	}
}

// What an exercise did is put back until a person says that it is not: nothing in a playbook says it for them.
func TestAStepThatPutsAnExerciseBackIsNotPassedOver(t *testing.T) {
	for keys, sound := range map[string]bool{
		"":                    true,
		", on_failure: pause": true,
		", on_failure: escalate, escalate: [boss]": true,
		", on_failure: continue":                   false,
		", on_failure: undo":                       false,
		", undo: {run: {exec: {command: no}}}":     false,
	} {
		got := rules("  - {id: cut, run: {exec: {command: cut}}}\nexercise:\n  cleanup:\n    - {id: mend, run: {exec: {command: mend}}" + keys + "}\n")
		if sound != (len(got) == 0) {
			t.Errorf("clean-up with %q: %v", keys, got)
		}
	}
}

// A key that has no effect would be taken for a promise.
func TestWhatIsWrittenOfAFailureComesToSomething(t *testing.T) {
	const told = "notify: [boss]"
	for step, sound := range map[string]bool{
		told + ", on_failure: pause":                                          true,
		told + ", on_failure: escalate, escalate: [chief]":                    true,
		told + ", on_failure: escalate":                                       false,
		told + ", ack: {role: boss, within: 5m, escalate: [chief]}":           true,
		told + ", ack: {role: boss, within: 5m}, on_failure: pause":           false,
		told + ", ack: {role: boss, within: 5m}, escalate: [chief]":           false,
		"run: {exec: {command: act}}, on_failure: escalate":                   false,
		"run: {exec: {command: act}}, on_failure: escalate, escalate: [boss]": true,
		"do: Look, role: boss, on_failure: undo":                              true,
		"verify: {service: shop}, on_failure: continue":                       true,
		"decide: Go?, role: boss, on_failure: continue":                       false,
		"wait: 1m, on_failure: continue":                                      false,
		"invoke: another, on_failure: continue":                               false,
	} {
		if got := rules("  - {id: step, " + step + "}\n"); sound != (len(got) == 0) {
			t.Errorf("%s: %v", step, got)
		}
	}
}
