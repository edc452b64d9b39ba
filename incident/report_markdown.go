package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Markdown is the report for people: it can be sent, printed and kept. Whatever others wrote is in it as text and nothing
// else.
func (r Report) Markdown() string {
	m := &markdown{}
	m.head(r)
	if r.Rehearsal != nil {
		m.list("## The exercise", r.Rehearsal.lines())
	}
	m.grounds(r)
	for _, s := range r.Services {
		m.service(s)
	}
	for _, run := range r.Runs {
		m.run(run)
	}
	m.reports(r)
	m.integrity(r)
	m.actions(r)
	m.record(r)
	return readable(m.b.String())
}

// markdown is a text in the making. Every text that goes through say or row is escaped; only formats are markup.
type markdown struct{ b strings.Builder }

// say writes a line; what is put into it is text.
func (m *markdown) say(format string, args ...any) {
	for n, a := range args {
		if text, ok := a.(string); ok {
			args[n] = asText(text)
		}
	}
	fmt.Fprintf(&m.b, format+"\n", args...)
}

// row writes a row of a table.
func (m *markdown) row(cells ...string) {
	for n := range cells {
		cells[n] = asText(cells[n])
	}
	m.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// table begins a table.
func (m *markdown) table(heads ...string) {
	m.b.WriteString("\n| " + strings.Join(heads, " | ") + " |\n|" + strings.Repeat("---|", len(heads)) + "\n")
}

func (m *markdown) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	m.say("\n" + title + "\n")
	for _, line := range lines {
		m.say("- %s", line)
	}
}

func (m *markdown) head(r Report) {
	m.say("# %s: after-action report\n", r.Incident)
	if warning := r.warning(); warning != "" {
		m.say("**%s**\n", warning)
	}
	if r.Summary != "" {
		m.say("%s\n", closed(r.Summary))
	}
	if r.HandsOff != "" {
		m.say("**Shown, not driven:** %s\n", closed(r.HandsOff))
	}
	if r.Setting.Organisation != "" {
		m.say("%s. %s", r.Setting.Organisation, r.stands())
	} else {
		m.say("%s", r.stands())
	}
	m.say("\n%s", r.times())
	m.table("figure", "took", "from", "to")
	for _, f := range r.Figures {
		m.row(f.Title(), f.Length(), f.From+" "+stamp(f.FromAt), f.To+" "+stampOrDash(f.ToAt))
	}
}

func (m *markdown) grounds(r Report) {
	if d := r.Declaration; d != nil {
		how := "Declared"
		if d.Automatic {
			how = "Declared automatically"
		}
		m.say("\n## Declaration\n\n%s at %s by %s (%s)%s.", how, stamp(d.At), who(d.By), listed(d.Criteria), because(d.Reason))
	}
	for _, d := range r.Declined {
		m.say("\nDeclined at %s by %s (%s)%s.", stamp(d.At), who(d.By), listed(d.Criteria), because(d.Reason))
	}
	if len(r.Criteria) > 0 {
		m.say("\n### Criteria met\n")
	}
	for _, c := range r.Criteria {
		m.say("- **%s** (%s)", c.ID, strings.ReplaceAll(c.Level, "_", " "))
		for _, line := range c.Evidence {
			m.say("  - %s", line)
		}
		if c.Doubt != "" {
			m.say("  - people had to decide: %s", c.Doubt)
		}
	}
	m.list("### Where the start (t0) comes from", r.Explained.Origin)
	m.list("### What would have changed it", r.Explained.Unless)
	m.list("### Not counted, and why", r.NotCounted)
}

func (m *markdown) service(s ServiceReport) {
	m.say("\n## %s: recovery against objectives\n", s.Service)
	restored := "not restored"
	if !s.Restored.IsZero() {
		restored = "restored " + stamp(s.Restored)
	}
	m.say("Below its minimum since %s, %s. **%s.**", stamp(s.Since), restored, s.Verdict())
	m.table("figure", "took", "objective", "", "from", "to")
	for _, f := range s.Figures {
		m.row(f.Title(), f.Length(), f.Against(), f.Verdict(), f.From+" "+stamp(f.FromAt), f.To+" "+stampOrDash(f.ToAt))
	}
}

func (m *markdown) run(r RunReport) {
	m.say("\n## Run %s: %s\n", r.Run, r.Playbook)
	if r.Exercise != "" {
		m.say("**%s**\n", r.Exercise.said())
	}
	m.say("%s %s", r.head(), r.spent())
	if len(r.Critical) > 0 {
		m.say("\nWhat held everything up: %s.", strings.Join(r.Critical, " → "))
	}
	if called := r.called(); called != "" {
		m.say("\n%s", called)
	}
	for _, b := range r.Brakes {
		m.say("\n%s", b.line())
	}
	m.say("\nPinned to the playbook %s.", r.Digest)
	m.table("step", "what", "how it ended", "gave", "started", "took", "machines", "people", "by")
	for _, s := range r.Steps {
		m.row(s.Step, s.Text, s.ending(), dashed(s.gave()), stampOrDash(s.Started), orDash(s.Took), orDash(s.Machines), orDash(s.People), dashed(s.people()))
	}
	var problems []string
	for _, s := range r.Steps {
		for _, p := range s.Problems {
			problems = append(problems, s.Step+": "+p.line())
		}
	}
	m.list("### Problems", problems)
	m.list("### What was approved, as it stood", r.released())
	m.list("### Forecasts against what came", r.foretold())
}

// integrity is what shows that data and services are well again.
func (m *markdown) integrity(r Report) {
	if len(r.Data) > 0 || len(r.Checks) > 0 {
		m.say("\n## Data and evidence")
	}
	var words []string
	for _, d := range r.Data {
		words = append(words, d.line())
	}
	m.list("What was said of data:", words)
	if len(r.Checks) == 0 {
		return
	}
	m.table("at", "check", "what", "result", "by")
	for _, c := range r.Checks {
		m.row(stamp(c.At), c.Run+"/"+c.Step, c.What, c.result(), dashed(actorOrNone(c.By)))
	}
}

func actorOrNone(a Actor) string {
	if a == (Actor{}) {
		return ""
	}
	return who(a)
}

// reports are the statutory clocks.
func (m *markdown) reports(r Report) {
	if len(r.Reports) == 0 {
		return
	}
	m.say("\n## Reports to others")
	m.table("report", "to", "counted from", "due", "made", "by", "evidence")
	for _, c := range r.Reports {
		m.row(c.Report, strings.TrimSpace(c.To+" "+c.What), c.From+" "+stamp(c.Since), stamp(c.Deadline), c.Ending(), c.ReportedBy(), c.Receipt())
	}
}

func (m *markdown) actions(r Report) {
	if len(r.Actions) == 0 {
		return
	}
	m.say("\n## Actions")
	m.table("n", "what", "owner", "due", "state", "put down by")
	for _, a := range r.Actions {
		m.row(fmt.Sprint(a.N), a.Text, a.Owner, a.Due, a.state(), fmt.Sprintf("%s %s", who(a.By), stamp(a.At)))
	}
}

// record is the story line by line, who was told what, and where it stands in the log.
func (m *markdown) record(r Report) {
	m.say("\n## Timeline\n")
	for _, l := range r.Timeline {
		m.say("- %s (%s) %s", stamp(l.At), l.T.String(), l.Text)
	}
	if len(r.Notices) > 0 {
		m.say("\n## Who was told")
		m.table("at", "person", "what", "how")
		for _, n := range r.Notices {
			m.row(stamp(n.At), n.Person, n.Subject, n.how())
		}
	}
	if names := r.Setting.Names; len(names) > 0 {
		m.say("\n## People\n")
		for _, id := range slices.Sorted(maps.Keys(names)) {
			m.say("- %s is %s", id, names[id])
		}
	}
	m.say("\n## Where it is recorded\n\n%s", r.Journal.verify())
	m.table("text", "digest", "since", "by")
	for _, t := range r.Texts {
		m.row(t.What, t.Digest, stamp(t.Since), dashed(actorOrNone(t.By)))
	}
	m.say("\n`holdfast verify --config holdfast.yaml` reads the log and checks its chain.")
}

// asText makes of what others wrote one line of Markdown that reads as it was written, and is text and nothing else: no
// tag, no link, no heading, no cell's end.
func asText(text string) string {
	text = plain(text)
	var b strings.Builder
	for n, r := range text {
		if marks(text, n, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// marks reports whether a character could be markup where it stands.
func marks(text string, at int, r rune) bool {
	switch r {
	case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '&', '!', '$':
		return true
	case '_': // within a word it is a letter
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+1:])
		return !alphanumeric(before) || !alphanumeric(after)
	case ':': // "https://…" becomes a link by itself
		return strings.HasPrefix(text[at+1:], "//")
	case '.', ')': // "www.…" too; "1." begins a list
		return at >= 3 && strings.EqualFold(text[at-3:at], "www") || strings.Trim(text[:at], "0123456789") == ""
	case '#', '+', '-', '=': // a heading, a list, a line, where the line begins
		return strings.TrimLeft(text[:at], "#+-= ") == ""
	}
	return false
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
