package exercise

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/internal/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

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

// house is what most scenarios of these tests happen to.
const house = `-- bia.yaml --
organisation: House
services:
  shop: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [web]}
sites: {here: {}}
observers: {probe-a: {}, probe-b: {}}
components:
  web: {site: here, observers: [probe-a, probe-b]}
  lone: {site: here}
declaration: {authority: director}
-- playbooks/mend.yaml --
playbook: mend
for: {services: [shop]}
steps:
  - {id: fence, run: {http: {url: "https://fence.internal/"}}}
  - {id: go, decide: "Go?", role: director}
`

func read(t testing.TB, comment, timeline string) *Scenario {
	t.Helper()
	s, problems := Parse("test.txtar", []byte(comment+house+"-- timeline --\n"+timeline))
	if len(problems) > 0 {
		t.Fatalf("the scenario should be fine:\n%v", problems)
	}
	return s
}

var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// said are the alerts of a timeline of one line, ten minutes after the start.
func said(t *testing.T, line string) []alert.Alert {
	t.Helper()
	s := read(t, "", "start 2026-01-05T08:00:00Z\n10m "+line+"\n")
	if len(s.Lines) != 1 || !s.Lines[0].At.Equal(start.Add(10*time.Minute)) {
		t.Fatalf("lines %+v", s.Lines)
	}
	return s.Lines[0].Alerts
}

func firing(at time.Duration, labels ...string) alert.Alert {
	return alert.Alert{Status: alert.Firing, Labels: pairs(labels), StartsAt: start.Add(at)}
}

func resolved(at time.Duration, labels ...string) alert.Alert {
	return alert.Alert{Status: alert.Resolved, Labels: pairs(labels), EndsAt: start.Add(at)}
}

func pairs(words []string) alert.Labels {
	m := map[string]string{}
	for i := 0; i < len(words); i += 2 {
		m[words[i]] = words[i+1]
	}
	return alert.LabelsOf(m)
}

func TestALineBecomesTheAlertsThatMonitoringWouldSend(t *testing.T) {
	const ten = 10 * time.Minute
	unknown := firing(ten, "component", "web", "effect", "unknown", "observer", "probe-b")
	unknown.Status = alert.Unknown
	for line, want := range map[string][]alert.Alert{
		"component web down": {
			firing(ten, "component", "web", "effect", "down", "observer", "probe-a"),
			firing(ten, "component", "web", "effect", "down", "observer", "probe-b")},
		"component web down from probe-b":    {firing(ten, "component", "web", "effect", "down", "observer", "probe-b")},
		"component web unknown from probe-b": {unknown},
		"component lone degraded":            {firing(ten, "component", "lone", "effect", "degraded")},
		"component nowhere down":             {firing(ten, "component", "nowhere", "effect", "down")},
		"component web up from probe-a at 7m": {
			resolved(7*time.Minute, "component", "web", "effect", "up", "observer", "probe-a")},
		"component lone down at -1h":                  {firing(-time.Hour, "component", "lone", "effect", "down")},
		"component lone down at 2026-01-05T08:03:00Z": {firing(3*time.Minute, "component", "lone", "effect", "down")},
		"site here lost":                              {firing(ten, "site", "here", "effect", "lost")},
		"site here ok from probe-a":                   {resolved(ten, "site", "here", "effect", "ok", "observer", "probe-a")},
		"data ledger unusable":                        {firing(ten, "data", "ledger", "effect", "unusable")},
		"data ledger recovery_point -5m":              {firing(ten, "data", "ledger", "effect", "recovery_point", "instant", "2026-01-05T07:55:00Z")},
		"service shop estimate none":                  {vouched(firing(ten, "service", "shop", "effect", "estimate", "estimate", "none"))},
		"service shop down from prom":                 {firing(ten, "service", "shop", "effect", "down", "observer", "prom")},
		"service shop up from prom":                   {resolved(ten, "service", "shop", "effect", "up", "observer", "prom")},
		"service shop estimate 6h from prom":          {firing(ten, "service", "shop", "effect", "estimate", "estimate", "6h", "observer", "prom")},
		"observer probe-a silent":                     {firing(ten, "observer", "probe-a", "effect", "silent")},
		"observer probe-a ok":                         {resolved(ten, "observer", "probe-a", "effect", "ok")},
		"intentional web by ann until 2h": {
			vouched(firing(ten, "component", "web", "effect", "intentional", "by", "ann", "until", "2026-01-05T10:00:00Z"))},
		"maintenance 0s 2h degraded web site here": {
			vouched(firing(ten, "effect", "maintenance", "from", "2026-01-05T08:00:00Z", "to", "2026-01-05T10:00:00Z", "expect", "degraded", "scope", "web,site here"))},
	} {
		if diff := cmp.Diff(want, said(t, line)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

func TestWhatPeopleDoBecomesACommand(t *testing.T) {
	for line, want := range map[string]Order{
		"service shop estimate 6h by ann # a guess": {"ann", incident.Command{Verb: incident.VerbEstimate, Services: []string{"shop"}, Estimate: "6h", Reason: "a guess"}},
		"ack fence by ann":                          {"ann", incident.Command{Verb: incident.VerbAck, Step: "fence"}},
		"decline go by ann # no":                    {"ann", incident.Command{Verb: incident.VerbDecline, Step: "go", Reason: "no"}},
		"decline by ann # no":                       {"ann", incident.Command{Verb: incident.VerbDecline, Reason: "no"}},
		"approve 2/go by ann":                       {"ann", incident.Command{Verb: incident.VerbApprove, Step: "2/go"}},
		"decline by ann until 2h":                   {"ann", incident.Command{Verb: incident.VerbDecline, Until: start.Add(2 * time.Hour), Reason: "as the scenario has it"}},
		"invoke mend by ann shop # it has to be":    {"ann", incident.Command{Verb: incident.VerbInvoke, Playbook: "mend", Services: []string{"shop"}, Reason: "it has to be"}},
		"stand-down":                                {"", incident.Command{Verb: incident.VerbStandDown}},
		"declare by ann shop pay":                   {"ann", incident.Command{Verb: incident.VerbDeclare, Services: []string{"shop", "pay"}}},
		"done go by ann time=5m evidence=ticket-7": {"ann", incident.Command{
			Verb: incident.VerbDone, Step: "go", Answers: map[string]string{"time": "5m"}, Evidence: "ticket-7"}},
	} {
		s := read(t, "", "start 2026-01-05T08:00:00Z\n0s "+line+"\n")
		if diff := cmp.Diff(&want, s.Lines[0].Order); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

func TestAMachineStepGoesAsTheScenarioHasIt(t *testing.T) {
	s := read(t, "", "start 2026-01-05T08:00:00Z\n0s failed fence # no route\n1m done 1/fence\n")
	want := []*Machine{{Step: "fence", Failed: true, Reason: "no route"}, {Step: "1/fence", Reason: "as the scenario has it"}}
	if diff := cmp.Diff(want, []*Machine{s.Lines[0].Machine, s.Lines[1].Machine}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinesAreInOrderOfTimeAndOtherwiseAsWritten(t *testing.T) {
	s := read(t, "", `start 2026-01-05T08:00:00Z
# a remark
5m component web up
-1h component web degraded # an hour before
5m component lone up
0s component web down
`)
	var got []string
	for _, l := range s.Lines {
		got = append(got, l.Text+"|"+l.Note)
	}
	want := []string{"component web degraded|an hour before", "component web down|", "component web up|", "component lone up|"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !s.Start.Equal(start) || !s.End.Equal(start.Add(5*time.Minute)) {
		t.Errorf("from %v to %v", s.Start, s.End)
	}
}

func TestTheCommentSaysWhatItIsAndWhatIsExpected(t *testing.T) {
	s := read(t, `# Power lost
# seen from: operator
# expect major_incident at -4h57m by vital_degraded
# expect disaster at 45m
# expect never disaster
`, "start 2026-01-05T08:00:00Z\n")
	var got []string
	for _, e := range s.Expected {
		got = append(got, e.String())
	}
	if diff := cmp.Diff([]string{"major_incident at -4h57m0s by vital_degraded", "disaster at 45m0s", "never disaster"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Title != "Power lost" {
		t.Errorf("title %q", s.Title)
	}
}

func TestAThoroughlyWrongScenarioIsToldEverythingAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/wrong.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse("wrong.txtar", text)
	golden(t, "testdata/wrong.golden", problems.Error()+"\n")
}

func TestAProblemInADocumentPointsIntoTheArchive(t *testing.T) {
	archive := strings.Replace(house, "needs: [web]", "needs: [wbe]", 1) + "-- timeline --\nstart 2026-01-05T08:00:00Z\n"
	_, problems := Parse("x.txtar", []byte(archive))
	if len(problems) == 0 {
		t.Fatal("a need that does not exist was not found")
	}
	want := source.Position{File: "x.txtar", Line: 4, Column: 1 + strings.Index(strings.Split(archive, "\n")[3], "wbe")}
	if diff := cmp.Diff(want, problems[0].Position); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// storyOf is a story that says nothing but levels.
func storyOf(levels ...incident.Classified) Story {
	var s Story
	for i, l := range levels {
		s.Changes = append(s.Changes, Change{T: time.Duration(i) * time.Minute, Incident: "shop-0105", Event: l})
	}
	return s
}

func classified(level detector.Level, met ...string) incident.Classified {
	v := detector.Verdict{Level: level}
	for _, id := range met {
		v.Explanation.Criteria = append(v.Explanation.Criteria, detector.Criterion{ID: id, Level: level, Answer: detector.Met})
	}
	return incident.Classified{Verdict: v}
}

func TestAnExpectationIsHeldAgainstTheFirstInstantOfALevel(t *testing.T) {
	story := storyOf(classified(detector.Impaired, "service_impaired"), classified(detector.Disaster, "facility_lost"), classified(detector.Disaster, "decision_point"))
	for expect, fails := range map[string]bool{
		"never disaster":                     true,
		"never major_incident":               true,
		"disaster at 1m":                     false,
		"disaster at 1m by facility_lost":    false,
		"disaster at 1m by decision_point":   true,
		"disaster at 2m":                     true,
		"major_incident at 1m":               false,
		"incident at 0s by service_impaired": false,
	} {
		s := read(t, "# expect "+expect+"\n", "start 2026-01-05T08:00:00Z\n")
		if failures := s.Check(story); (len(failures) > 0) != fails {
			t.Errorf("expect %s: %v", expect, failures)
		}
	}
	if failures := read(t, "# expect disaster at 0s\n", "start 2026-01-05T08:00:00Z\n").Check(storyOf()); len(failures) != 1 {
		t.Errorf("a disaster that never came: %v", failures)
	}
}

func FuzzParse(f *testing.F) {
	wrong, err := os.ReadFile("testdata/wrong.txtar")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(wrong))
	f.Add(house + "-- timeline --\nstart 2026-01-05T08:00:00Z\n0s component web down # x\n")
	f.Fuzz(func(t *testing.T, archive string) {
		s, problems := Parse("fuzz.txtar", []byte(archive))
		_ = problems.Error()
		if !problems.HasErrors() && s.Documents == nil {
			t.Fatal("a scenario without documents")
		}
	})
}

// vouched is an alert of a source that may say what takes a right.
func vouched(a alert.Alert) alert.Alert {
	a.Vouched = true
	return a
}
