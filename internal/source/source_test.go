package source_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"holdfast/internal/source"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// plan has a field of every kind that documents use.
type plan struct {
	Marks   source.Marks      `doc:",marks"`
	Name    string            `doc:"name,required"`
	Count   int               `doc:"count"`
	Share   float64           `doc:"share"`
	Vital   bool              `doc:"vital"`
	RTO     time.Duration     `doc:"rto"`
	From    time.Time         `doc:"from"`
	Tags    []string          `doc:"tags"`
	Match   map[string]string `doc:"match"`
	Sites   map[string]*site  `doc:"sites"`
	Steps   []step            `doc:"steps"`
	Need    need              `doc:"need"`
	Body    any               `doc:"body"`
	Comment string            // no tag: not part of the document
}

type site struct {
	Marks source.Marks `doc:",marks"`
	ID    string       `doc:",key"`
	Zone  string       `doc:"zone,required"`
}

type step struct {
	Marks source.Marks `doc:",marks"`
	ID    string       `doc:"id,required"`
	Every *every       `doc:"every"`
}

type every struct {
	Days int `doc:"days"`
}

// need is a word, or {service: word}.
type need struct {
	Marks   source.Marks `doc:",marks"`
	Service string
}

func (n *need) DecodeDocument(r *source.Reader, node source.Node) {
	if node.IsScalar() {
		r.DecodeInto(node, &n.Service)
		return
	}
	var w struct {
		Service string `doc:"service,required"`
	}
	r.DecodeInto(node, &w)
	n.Service = w.Service
}

func decode(t *testing.T, text string) plan {
	t.Helper()
	var p plan
	if problems := source.Decode("plan.yaml", []byte(text), &p); len(problems) > 0 {
		t.Fatalf("unexpected problems:\n%v", problems)
	}
	return p
}

// TestDrawings is the golden test: each archive in testdata is a document and what is said of it.
func TestDrawings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no drawings found: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var p plan
			got := source.Decode("plan.yaml", archive.Files[0].Data, &p).Error() + "\n"
			if *update {
				archive.Files = []txtar.File{archive.Files[0], {Name: "problems", Data: []byte(got)}}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(archive.Files) != 2 {
				t.Fatal("no problems in the archive; run with -update and read what it writes")
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("drawn differently (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryKindOfValueIsRead(t *testing.T) {
	p := decode(t, `
name: Prüfung
count: 12
share: 0.9
vital: true
rto: 1h30m
from: 2026-11-03T19:00:00+01:00
tags: [a, "b c"]
match: {alertname: "Postgres.*"}
sites: {fra1: {zone: Europe/Berlin}}
steps: [{id: page, every: {days: 2}}]
need: {service: dns}
body: {n: 1, f: 1.5, t: false, s: "012", z: null, l: [x], when: 2026-01-01}
`)
	want := plan{
		Name: "Prüfung", Count: 12, Share: 0.9, Vital: true, RTO: 90 * time.Minute,
		From:  time.Date(2026, 11, 3, 18, 0, 0, 0, time.UTC),
		Tags:  []string{"a", "b c"},
		Match: map[string]string{"alertname": "Postgres.*"},
		Sites: map[string]*site{"fra1": {ID: "fra1", Zone: "Europe/Berlin"}},
		Steps: []step{{ID: "page", Every: &every{Days: 2}}},
		Need:  need{Service: "dns"},
		Body: map[string]any{"n": int64(1), "f": 1.5, "t": false, "s": "012", "z": nil, "l": []any{"x"},
			"when": "2026-01-01"},
	}
	ignoreMarks := cmp.FilterValues(func(_, _ source.Marks) bool { return true }, cmp.Ignore())
	if diff := cmp.Diff(want, p, ignoreMarks); diff != "" {
		t.Errorf("read differently (-want +got):\n%s", diff)
	}
}

func TestADateIsMidnightInUTC(t *testing.T) {
	if got, want := decode(t, "name: x\nfrom: 2026-11-03\n").From, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMarksTellWhereEachValueIsWritten(t *testing.T) {
	p := decode(t, `name: "a \"quoted\" name"   # comment
tags: [one, 'it''s two']
match: {alertname: Watchdog}
sites:
  fra1: {zone: Europe/Berlin}
steps:
  - {id: page, every: {days: 2}}
need: {service: dns}
body: |
  text
`)
	for key, want := range map[string]string{
		"name":             `1:7 "a \"quoted\" name"`,
		"tags":             `2:1 tags`,
		"tags[0]":          `2:8 one`,
		"tags[1]":          `2:13 'it''s two'`,
		"match":            `3:1 match`,
		"match.alertname":  `3:20 Watchdog`,
		"match.alertname:": `3:9 alertname`,
		"sites":            `4:1 sites`,
		"sites.fra1":       `5:3 fra1`,
		"steps[0]":         `7:5 {id: page, every: {days: 2}}`,
		"body":             `9:7 |`,
	} {
		if got := underlined(p.Marks.Of(key)); got != want {
			t.Errorf("%s is marked at %s, want %s", key, got, want)
		}
	}
	for what, c := range map[string]struct {
		mark source.Mark
		want string
	}{
		"a record in a map":            {p.Sites["fra1"].Marks.Of(""), "5:3 fra1"},
		"a record in a list":           {p.Steps[0].Marks.Of(""), "7:5 {id: page, every: {days: 2}}"},
		"what was not written":         {p.Steps[0].Marks.Of("within"), "7:5 {id: page, every: {days: 2}}"},
		"a value that decodes itself":  {p.Need.Marks.Of(""), "8:1 need"},
		"a value inside of a record":   {p.Sites["fra1"].Marks.Of("zone"), "5:16 Europe/Berlin"},
		"a record inside of a record":  {p.Steps[0].Marks.Of("every"), "7:16 every"},
		"a mapping inside of a record": {p.Steps[0].Marks.Of("every.days"), "7:30 2"},
	} {
		if got := underlined(c.mark); got != c.want {
			t.Errorf("%s is marked at %s, want %s", what, got, c.want)
		}
	}
}

// underlined is a mark as "line:column words".
func underlined(m source.Mark) string {
	position := strings.TrimPrefix(m.Position.String(), "plan.yaml:")
	return position + " " + string([]rune(m.Text)[m.Column-1:m.Column-1+m.Width])
}

func TestAByteOrderMarkTakesNoColumn(t *testing.T) {
	if got := underlined(decode(t, "\uFEFFname: x\n").Marks.Of("name")); got != "1:7 x" {
		t.Errorf("marked at %s", got)
	}
}

func TestLinesMayEndAsOnAnySystem(t *testing.T) {
	p := decode(t, "name: x\r\ncount: 1\rvital: true\n")
	if got := underlined(p.Marks.Of("vital")); got != "3:8 true" {
		t.Errorf("marked at %s", got)
	}
}

func TestEachOfTheseIsRefused(t *testing.T) {
	long := strings.Repeat("# filling\n", 1+source.MaxDocument/10)
	for name, c := range map[string]struct{ text, rule string }{
		"nothing at all":                {"", "document/empty"},
		"a comment alone":               {"# later\n", "document/empty"},
		"a null document":               {"~\n", "document/empty"},
		"two documents":                 {"name: x\n---\nname: y\n", "document/syntax"},
		"a list at the top":             {"- name\n", "document/type"},
		"a word at the top":             {"name\n", "document/type"},
		"too much":                      {long, "document/size"},
		"too deep":                      {"name: x\nbody: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "document/depth"},
		"far too deep":                  {"body: " + strings.Repeat("[", 20_000), "document/syntax"},
		"Latin-1":                       {"name: Pr\xfcfung\n", "document/utf8"},
		"UTF-16":                        {"\xff\xfen\x00", "document/utf8"},
		"a control character":           {"name: a\x1b[31mb\n", "document/character"},
		"a character turning the line":  {"name: a\u202Eb\n", "document/character"},
		"a line end that few see":       {"name: a\u2028count: 1\n", "document/character"},
		"an alias":                      {"name: &n x\ntags: [*n]\n", "document/alias"},
		"an anchor alone":               {"name: &n x\n", "document/alias"},
		"a merge key":                   {"name: x\n<<: {count: 1}\n", "document/alias"},
		"a tag":                         {"name: !!str x\n", "document/tag"},
		"a tag of one's own":            {"name: !secret x\n", "document/tag"},
		"the tag that says nothing":     {"name: ! x\n", "document/tag"},
		"a mapping as a key":            {"name: x\n? {a: b}\n: c\n", "document/key"},
		"a key twice":                   {"name: x\nname: y\n", "document/duplicate-key"},
		"a key twice in what is free":   {"name: x\nbody: {a: 1, a: 2}\n", "document/duplicate-key"},
		"an unknown key":                {"name: x\nnam: y\n", "document/unknown-key"},
		"a field without a tag":         {"name: x\nComment: y\n", "document/unknown-key"},
		"a missing key":                 {"count: 1\n", "document/missing-key"},
		"a key with nothing after it":   {"name:\n", "document/nothing"},
		"a null":                        {"name: ~\n", "document/nothing"},
		"an item of a list that is not": {"name: x\ntags: [a, ]\nsteps: [null]\n", "document/nothing"},
		"a number with a leading zero":  {"name: x\ncount: 012\n", "document/value"},
		"a hexadecimal number":          {"name: x\ncount: 0x1F\n", "document/value"},
		"a number with a fraction":      {"name: x\ncount: 1.5\n", "document/value"},
		"a number beyond 64 bits":       {"name: x\ncount: 9223372036854775808\n", "document/value"},
		"not a number":                  {"name: x\nshare: .nan\n", "document/value"},
		"also not a number":             {"name: x\nshare: NaN\n", "document/value"},
		"infinity":                      {"name: x\nshare: .inf\n", "document/value"},
		"a number beyond all":           {"name: x\nshare: 1e999\n", "document/value"},
		"a leading zero in a fraction":  {"name: x\nshare: 01.5\n", "document/value"},
		"a leading zero where any goes": {"name: x\nbody: {port: 012}\n", "document/value"},
		"NaN where any goes":            {"name: x\nbody: [.nan]\n", "document/value"},
		"True where any goes":           {"name: x\nbody: True\n", "document/value"},
		"yes for true":                  {"name: x\nvital: yes\n", "document/value"},
		"a duration without a unit":     {"name: x\nrto: 90\n", "document/value"},
		"a negative duration":           {"name: x\nrto: -5m\n", "document/value"},
		"a duration beyond ten years":   {"name: x\nrto: 11y\n", "document/value"},
		"a duration beyond all":         {"name: x\nrto: 99999999999y\n", "document/value"},
		"an instant without a zone":     {"name: x\nfrom: 2026-11-03T18:00:00\n", "document/value"},
		"a list for text":               {"name: [x]\n", "document/type"},
		"text for a list":               {"name: x\ntags: a\n", "document/type"},
		"a list for a mapping":          {"name: x\nsites: [a]\n", "document/type"},
		"a word for a record":           {"name: x\nsites: {a: b}\n", "document/type"},
		"a list for a number":           {"name: x\ncount: [1]\n", "document/type"},
		"brackets that stay open":       {"name: x\ntags: [a\ncount: 1\n", "document/syntax"},
		"a tab for indentation":         {"name: x\nsites:\n\ta: b\n", "document/syntax"},
	} {
		t.Run(name, func(t *testing.T) {
			var p plan
			problems := source.Decode("plan.yaml", []byte(c.text), &p)
			if !problems.HasErrors() {
				t.Fatal("it was read")
			}
			rules := map[string]bool{}
			for _, problem := range problems {
				rules[problem.Rule] = true
			}
			if !rules[c.rule] {
				t.Errorf("no %s among the problems:\n%v", c.rule, problems)
			}
		})
	}
}

func TestTheLargestDocumentIsStillRead(t *testing.T) {
	text := "name: x\n"
	text += strings.Repeat("#", source.MaxDocument-len(text))
	decode(t, text)
}

func TestWhatIsWrongLeavesTheValueAsItWas(t *testing.T) {
	p := plan{Count: 7, Share: 0.5}
	_ = source.Decode("plan.yaml", []byte("name: x\ncount: many\nshare: NaN\n"), &p)
	if p.Count != 7 || p.Share != 0.5 || math.IsNaN(p.Share) {
		t.Errorf("count %d, share %v", p.Count, p.Share)
	}
}

func TestOfAKeyThatIsWrittenTwiceTheFirstIsRead(t *testing.T) {
	var p plan
	problems := source.Decode("plan.yaml", []byte("name: x\ntags: [a]\ntags: word\nsites: {s: {zone: a}, s: {zone: b}}\n"), &p)
	if len(p.Tags) != 1 || p.Sites["s"].Zone != "a" || len(problems) != 2 {
		t.Errorf("%v, %v\n%v", p.Tags, p.Sites["s"], problems)
	}
}

func TestAProblemWithoutAPlaceNamesItsFile(t *testing.T) {
	var ps source.Problems
	ps.Warnf(source.Mark{Position: source.Position{File: "people.yaml"}}, "people/few", "", "one person is not enough")
	if got, want := ps.Error(), "people.yaml: warning: one person is not enough [people/few]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if ps.HasErrors() {
		t.Error("a warning counts as an error")
	}
}

func TestATerminalIsNotToldWhatToDoByADocument(t *testing.T) {
	var ps source.Problems
	ps.Errorf(source.Mark{Position: source.Position{File: "a\x1b[2Jb", Line: 1, Column: 1}, Text: "\x1b[31mred"}, "x", "\x1b]0;title\a", "say \x1b[0m")
	if strings.ContainsAny(ps.Error(), "\x1b\a") {
		t.Errorf("drawn with an escape: %q", ps.Error())
	}
}

func TestOnlyTheFirstOfVeryManyProblemsAreDrawn(t *testing.T) {
	text := "name: x\n" + strings.Repeat("q", 3) + ": 1\n"
	for i := range 300 {
		text += strings.Repeat("z", 4) + strings.Repeat("i", i) + ": 1\n"
	}
	problems := source.Decode("plan.yaml", []byte(text), new(plan))
	if len(problems) != 301 {
		t.Fatalf("%d problems", len(problems))
	}
	if drawn := problems.Error(); strings.Count(drawn, "error:") != 200 || !strings.HasSuffix(drawn, "and 101 more") {
		t.Errorf("drawn %d, ending in %q", strings.Count(drawn, "error:"), drawn[len(drawn)-40:])
	}
}

func TestOneVeryLongLineTakesNoLongerThanManyShortOnes(t *testing.T) {
	text := "name: x\ntags: [" + strings.Repeat("ä,", 100_000) + "]\n"
	start := time.Now()
	decode(t, text)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestTheNearestWordIsFound(t *testing.T) {
	for word, want := range map[string]string{
		"paymnts":    "payments",
		"rot":        "rto",
		"PAYMENTS":   "", // too many letters apart
		"x":          "",
		"":           "",
		"entirely":   "",
		"payments-a": "payments",
	} {
		if got := source.Nearest(word, []string{"rto", "payments", "mtpd", "y"}); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestWithoutANearWordTheHintSaysWhatThereIs(t *testing.T) {
	if got, want := source.DidYouMean("zzzzzz", []string{"b", "a"}), "there are a, b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	many := strings.Split("a b c d e f g h i j k l m n", " ")
	if got, want := source.DidYouMean("zzzzzz", many), "there are a, b, c, d, e, f, g, h, i, j, k, l, … (14 in all)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := source.DidYouMean("zzzzzz", nil); got != "" {
		t.Errorf("got %q of nothing", got)
	}
}
