package incident

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
)

// reported checks what must hold of the report of any incident: it is a function of its records, it can be written in every
// form, and its figures add up.
func reported(t reporter, i Incident, now time.Time) {
	t.Helper()
	report := i.Report(now, Setting{})
	var folded Incident
	for _, r := range i.Timeline {
		kind, data, err := Encode(r.Event)
		if err != nil {
			t.Fatal(err)
		}
		if r.Event, err = Decode(kind, data); err != nil {
			t.Fatal(err)
		}
		folded = folded.Apply(r)
	}
	again := folded.Report(now, Setting{})
	for n, run := range i.Runs {
		if run.known > 0 { // what it was forecast by stands in the records of other incidents
			report.Runs[n].Forecasts, again.Runs[n].Forecasts = nil, nil
		}
	}
	if live, replayed := asJSON(t, report), asJSON(t, again); live != replayed {
		t.Fatalf("the report of the replayed records differs:\n%s\n%s", live, replayed)
	}
	if _, err := report.HTML(); err != nil {
		t.Fatal(err)
	}
	_ = report.Markdown()
	for _, run := range report.Runs {
		if run.Machines+run.People > run.Took {
			t.Fatalf("run %s took %s, of which machines %s and people %s", run.Run, run.Took, run.Machines, run.People)
		}
		for _, s := range run.Steps {
			if s.Machines+s.People > run.Took {
				t.Fatalf("step %s took longer than its run: %s and %s of %s", s.Step, s.Machines, s.People, run.Took)
			}
			for n, p := range s.Course {
				if !p.From.Before(p.To) || n > 0 && p.From.Before(s.Course[n-1].To) {
					t.Fatalf("the course of %s overlaps: %v", s.Step, s.Course)
				}
			}
		}
	}
	for _, s := range report.Services {
		for _, f := range s.Figures {
			if f.Took < 0 || !f.ToAt.IsZero() && f.Took != Span(f.ToAt.Sub(f.FromAt)) {
				t.Fatalf("%s of %s took %s from %v to %v", f.Name, s.Service, f.Took, f.FromAt, f.ToAt)
			}
		}
	}
	told := map[Kind]int{}
	for _, l := range report.Timeline {
		told[l.Kind]++
	}
	for _, r := range i.Timeline {
		if e, ok := r.Event.(Notified); ok && e.Error == "" {
			continue // in the list of who was told
		}
		if told[r.Event.Kind()]--; told[r.Event.Kind()] < 0 {
			t.Fatalf("the timeline leaves a %s out", r.Event.Kind())
		}
	}
}

func TestEveryKindOfEventOfAnIncidentIsInTheTimelineOfItsReport(t *testing.T) {
	for _, e := range append(everyKind(), Unrecognised{As: "teleported", Raw: []byte(`{}`)}) {
		i := Incident{}.Apply(Record{Sequence: 7, At: t0, Incident: acmeIncident, Event: e})
		var found bool
		for _, l := range i.Report(t0, Setting{}).Timeline {
			found = found || l.Kind == e.Kind() && l.Text != "" && l.Envelope == 7
		}
		if !found {
			t.Errorf("%s is not in the timeline", e.Kind())
		}
	}
}

// payloads are what somebody who can name an alert, a step or a reason could try.
var payloads = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</title></style></svg><svg onload=alert(1)>`,
	`<!-- --><a href="javascript:alert(1)">x</a>`,
	`{{.Incident}} ${{ secret }} $(reboot)`,
	"[x](http://evil.example) ![y](http://evil.example) <http://evil.example> http://evil.example www.evil.example",
	"`code` **bold** _soft_ ~~gone~~ | cell | # head",
	"# head", "- item", "1. one", "> quote", "---", "| a | b |",
	"\n\n# head\n\n```\nfence\n",
	"\x1b[2J\x1b]0;owned\x07 \u009b31m red",
	"\u202egnp.exe \u200b \u2028 \ufeff",
	"&lt;b&gt; &#x202e; \\* \\",
}

// hostileStory is a story in which whatever others can write is a text of theirs.
func hostileStory(t *testing.T, text string) Report {
	t.Helper()
	h := newHouse(t, with(t, automatic(t), "playbooks/failover.yaml", `"Assess cause and time to restore"`, fmt.Sprintf("%q", "Do: "+strings.ReplaceAll(text, "${{", "$ {{"))))
	h.disaster("facility_lost")
	e := &h.verdicts[0].Explanation
	e.Summary, e.NotCounted, e.Unless = text, []string{text}, text
	e.Criteria[0].Evidence, e.Criteria[0].Doubt = []string{text}, ""
	e.Origin.How, e.Origin.At = text, t0
	h.at(6 * time.Minute)
	for _, w := range h.book.wants() {
		if w.Notice != nil {
			h.commit(h.book.finish(h.now, Result{Effect: w, Channel: text, Outcome: Failed, Reason: text})...)
			break
		}
	}
	h.at(11 * time.Minute)
	h.says("erin", VerbAck, "page")
	h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: text})
	h.at(h.nextAt())
	h.finish(Result{Effect: h.want("fence"), Output: text})
	h.order("alice", Command{Verb: VerbNote, Incident: acmeIncident, Reason: text})
	h.order("alice", Command{Verb: VerbAction, Incident: acmeIncident, Reason: text, Owner: "dave", Due: "2026-05-31"})
	h.order("dave", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: text})
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "assess", Evidence: text, Answers: map[string]string{"estimated_time_to_restore": "3h"}})
	h.order("alice", Command{Verb: VerbDecline, Incident: acmeIncident, Step: "go", Reason: text})
	h.commit(Change{Incident: acmeIncident, Event: DataReported{Data: text, State: "unusable", By: Actor{Person: text}, Reason: text}})
	return h.only().Report(t0.Add(time.Hour), Setting{Organisation: text, Names: map[string]string{"dave": text}, Zones: []Zone{{Site: text, Zone: text}}})
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(`"[^"]*"`)
)

// skeleton is a page without its texts: tags and the names of their attributes.
func skeleton(page string) string {
	var b strings.Builder
	for _, s := range tag.FindAllString(page, -1) {
		b.WriteString(attribute.ReplaceAllString(s, `""`) + "\n")
	}
	return b.String()
}

func TestNoTextOfOthersBecomesATagOfThePage(t *testing.T) {
	page := func(text string) string {
		html, err := hostileStory(t, text).HTML()
		if err != nil {
			t.Fatal(err)
		}
		return string(html)
	}
	plain := page("nothing special")
	if strings.Count(plain, "nothing special") < 20 {
		t.Fatalf("the text is in the page only %d times", strings.Count(plain, "nothing special"))
	}
	for _, text := range payloads {
		got := page(text)
		if skeleton(got) != skeleton(plain) {
			t.Errorf("%q changes the page's tags", text)
		}
		if n := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); n >= 0 {
			t.Errorf("%q brings %q into the page", text, got[n:n+4])
		}
		if want := strings.TrimSpace(readable(strings.ReplaceAll(text, "\n", " "))); len(want) > 8 && !strings.Contains(html.UnescapeString(strings.ReplaceAll(got, "\n", " ")), strings.Join(strings.Fields(want), " ")) && !strings.Contains(text, "\n") {
			t.Errorf("%q cannot be read in the page any more", text)
		}
	}
}

func TestNoTextOfOthersBecomesMarkupOfTheMarkdown(t *testing.T) {
	plain := hostileStory(t, "nothing special").Markdown()
	for _, text := range payloads {
		got := hostileStory(t, text).Markdown()
		if a, b := strings.Count(got, "\n"), strings.Count(plain, "\n"); a != b {
			t.Errorf("%q changes the number of lines from %d to %d", text, b, a)
		}
		if a, b := shape(got), shape(plain); a != b {
			t.Errorf("%q changes the shape of the Markdown:\n%s\nnot\n%s", text, a, b)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
			t.Errorf("%q brings a control character", text)
		}
	}
}

// shape is a Markdown text without its words: what begins lines, and the marks that no backslash takes the meaning from.
func shape(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		begins := strings.TrimLeft(line, " ")
		b.WriteString(line[:len(line)-len(begins)])
		for _, mark := range []string{"# ", "## ", "### ", "- ", "| ", "> ", "---", "1.", "+ ", "```"} {
			if strings.HasPrefix(begins, mark) {
				b.WriteString(mark)
			}
		}
		escaped := false
		for n, r := range line {
			switch {
			case escaped:
				escaped = false
			case r == '\\':
				escaped = true
			case strings.ContainsRune("`*[]<>|~&!$", r), strings.HasPrefix(line[n:], "://"), strings.HasPrefix(line[n:], "www."):
				b.WriteRune(r)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestNoTextOfOthersReachesATerminalFromTheReportAsJSON(t *testing.T) {
	for _, text := range payloads {
		written := asJSON(t, hostileStory(t, text))
		if strings.ContainsAny(written, "\x1b\x07\r") || strings.Contains(written, "<script") {
			t.Errorf("%q stands in the JSON as it came", text)
		}
	}
}
