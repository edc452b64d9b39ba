package bia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
)

// matching is an organisation with one signal; MATCH stands for what its `match` is written as.
const matching = `organisation: A house
services: {shop: {needs: [db-1]}}
components: {db-1: {observers: [prom]}}
observers: {prom: {}}
signals:
  - component: db-1
    match: MATCH
`

func matchersOf(t *testing.T, written string) bia.Matchers {
	t.Helper()
	a, problems := bia.Parse("bia.yaml", []byte(strings.Replace(matching, "MATCH", written, 1)))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return a.Signals[0].Match
}

func TestMatchersMeanWhatTheyMeanToPrometheus(t *testing.T) {
	for _, c := range []struct{ written, yes, no string }{
		{`{alertname: "Postgres.*Down"}`, "alertname=PostgresIsDown", "alertname=PostgresDownAgain"},
		{`{alertname: "", env: prod}`, "env=prod", "env=prod alertname=Down"},
		{`['alertname=~"Postgres.*Down"']`, "alertname=PostgresIsDown", "alertname=MyPostgresIsDown"},
		{`[env="prod"]`, "env=prod", "env=production"},
		{`[env=prod]`, "env=prod", "env="},
		{`['env="prod"', 'severity!="info"']`, "env=prod", "env=prod severity=info"},
		{`['env="prod"', 'team!=""']`, "env=prod team=pay", "env=prod"},
		{`['env="prod"', 'team=""']`, "env=prod", "env=prod team=pay"},
		{`['env=~"prod|stage"', 'env!~"st.*"']`, "env=prod", "env=stage"},
		{`['env = ~"']`, "", ""},
		{`['summary="say \"no\"\\n"']`, `summary=say_"no"\n`, "summary=no"},
		{`['host=~"db\.fra"']`, "host=db.fra", "host=db-fra"},
		{`['host=~"db\\.fra"']`, "host=db.fra", "host=db-fra"},
		{`['"host.name"="db"']`, "host.name=db", "host=db"},
		{`["host=\"db\""]`, "host=db", "host=d"},
	} {
		a, problems := bia.Parse("bia.yaml", []byte(strings.Replace(matching, "MATCH", c.written, 1)))
		if c.yes == "" {
			if !problems.HasErrors() {
				t.Errorf("%s is read as %v", c.written, a.Signals[0].Match)
			}
			continue
		}
		if problems.HasErrors() {
			t.Errorf("%s: %v", c.written, problems)
			continue
		}
		for labels, want := range map[string]bool{c.yes: true, c.no: false} {
			value := func(label string) string {
				for pair := range strings.FieldsSeq(labels) {
					if name, value, _ := strings.Cut(pair, "="); name == label {
						return strings.ReplaceAll(value, "_", " ")
					}
				}
				return ""
			}
			if got := a.Signals[0].Match.Match(value); got != want {
				t.Errorf("%s of %s: %v", c.written, labels, got)
			}
		}
	}
	if (bia.Matchers{}).Match(func(string) string { return "" }) {
		t.Error("nothing asked matches something")
	}
}

func TestAMatcherForOneValueAloneCanBeToldFromOthers(t *testing.T) {
	for written, want := range map[string]string{
		`{env: prod}`: "prod", `{env: "prod|stage"}`: "", `[env="a|b"]`: "a|b", `['env=~"prod"']`: "prod", `['env!="prod"', a=b]`: "", `['env!~"prod"', a=b]`: "",
	} {
		value, only := matchersOf(t, written)[0].Text()
		if only != (want != "") || only && value != want {
			t.Errorf("%s: %q, %v", written, value, only)
		}
	}
}

func TestLabelsCanBeMadeUpThatMatch(t *testing.T) {
	for _, written := range []string{
		`{alertname: Watchdog, cluster: fra}`, `{alertname: "Watch(dog|cat)", cluster: "fra-[0-9]+.*x?"}`, `['alertname=~".+"', 'env!="prod"', 'team!=""', 'team!~"any|a.*"']`,
		`['env=~"prod|stage"', 'env!="prod"']`,
	} {
		match := matchersOf(t, written)
		labels := match.Example()
		if !match.Match(func(label string) string { return labels[label] }) {
			t.Errorf("%s does not match %v", written, labels)
		}
	}
}

func TestWhatIsWrongInAMatcherIsUnderlinedWhereItStands(t *testing.T) {
	var all strings.Builder
	for _, written := range []string{
		`{alertname: "Postgres(Down"}`,
		`{alertname: "a)(b"}`,
		`['alertname=~"Postgres(Down"']`,
		`['alertname']`,
		`['alertname="Postgres']`,
		`[alertname=~"a,b"]`,
		`['alertname=="Postgres"']`,
		`['alertname>"Postgres"']`,
		`['alertname="Postgres", env="prod"']`,
		`['alertname=']`,
		`['alertname=two words']`,
		`['="prod"']`,
		`['""="prod"']`,
		`['größe="prod"']`,
		`['severity!="info"']`,
		`['severity=~".*"', 'env=""']`,
		`[]`,
		`{}`,
		`alertname="Postgres"`,
		`[[a]]`,
		"\n      - alertname=\"Postgres\"\n      - severity ~ \"info\"",
	} {
		_, problems := bia.Parse("bia.yaml", []byte(strings.Replace(matching, "MATCH", written, 1)))
		for _, p := range problems {
			if p.Severity == "error" {
				all.WriteString(p.String() + "\n")
			}
		}
		if !problems.HasErrors() {
			t.Errorf("nothing is found wrong with %s", written)
		}
	}
	golden := "testdata/match.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("drawn differently (-want +got):\n%s", diff)
	}
}

// FuzzParseMatcher looks for a matcher that is printed as another one than it is, or that makes reading or matching panic.
func FuzzParseMatcher(f *testing.F) {
	for _, seed := range []string{`alertname=~"Postgres.*Down"`, `severity != "info"`, `env=prod`, `"host.name"!~"a|\"b\"\\"`, `a="`, `a=~"(["`, `a="ü\n"`, `=`, `a==b`, "a=\"\xff\""} {
		f.Add(seed, "info")
	}
	f.Fuzz(func(t *testing.T, written, value string) {
		m, wrong := bia.ParseMatcher(written)
		if wrong != nil {
			if n := len([]rune(written)); wrong.From < 0 || wrong.From > n || wrong.To <= wrong.From || wrong.To > n+1 || wrong.Message == "" {
				t.Errorf("%q has %+v", written, wrong)
			}
			return
		}
		again, wrong := bia.ParseMatcher(m.String())
		if wrong != nil || again.Label != m.Label || again.Op != m.Op || again.Value != m.Value {
			t.Fatalf("%q is printed as %s and read again as %v, %v", written, m, again, wrong)
		}
		if only, one := m.Text(); one && m.Matches(value) != (value == only) {
			t.Errorf("%s matches %q: %v", m, value, m.Matches(value))
		}
		bia.Matchers{m}.Example()
	})
}
