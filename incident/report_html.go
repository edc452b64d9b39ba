package incident

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
	"time"
)

//go:embed page
var reportFiles embed.FS

// reportStyle is the one style sheet of the report, in it whole.
var reportStyle = string(embedded("page/report.css"))

// ReportPolicy is the Content-Security-Policy of the report as HTML: its own style sheet, and nothing else. It is in the
// file too, for whoever opens it from a disk.
var ReportPolicy = "default-src 'none'; style-src 'sha256-" + hashOf(reportStyle) + "'; base-uri 'none'; form-action 'none'"

var reportPage = template.Must(template.New("report").Funcs(reportWords).Parse(string(embedded("page/report.html"))))

func embedded(name string) []byte {
	text, err := reportFiles.ReadFile(name)
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	return text
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// reportWords are what the page says things with.
var reportWords = template.FuncMap{
	"stamp":     stamp,
	"machine":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"who":       who,
	"whoOrNone": actorOrNone,
	"listed":    listed,
	"join":      func(words []string) string { return strings.Join(words, ", ") },
	"words":     func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"dash":      dashed,
	"orDash":    orDash,
	"metclass":  metClass,
	"metword":   metWord,
	"stepclass": stepClass,
}

func metClass(m Met) string {
	return map[Met]string{InTime: "good", TooLate: "bad", NotYet: "warn", NoObjective: "soft"}[m]
}

func metWord(m Met) string {
	return map[Met]string{InTime: "MET", TooLate: "MISSED", NotYet: "RUNNING", NoObjective: "no objective"}[m]
}

func stepClass(s StepStatus) string {
	switch s {
	case Done:
		return "good"
	case Skipped, Pending:
		return "soft"
	case Running, Waiting, Retrying:
		return "warn"
	}
	return "bad"
}

// page is the report as its template sees it.
type page struct {
	Report
	Chart  *chart
	Style  template.CSS
	Policy string
	Runs   []runPage
	Checks []checkPage
}

type runPage struct {
	RunReport
	Head, Spent, Called string
	Released, Foretold  []string
	Brakes              []string
	Steps               []stepPage
}

type stepPage struct {
	StepReport
	Ending, Gave, People string
	Waited               Span
	Problems             []string
}

type checkPage struct {
	Checked
	Said string
}

func (p page) Stands() string       { return p.stands() }
func (p page) Warning() string      { return p.warning() }
func (p page) Times() string        { return p.times() }
func (p page) Verify() string       { return p.Journal.verify() }
func (r Rehearsal) Lines() []string { return r.lines() }
func (e Exercise) Said() string     { return e.said() }
func (d DataWord) Line() string     { return d.line() }
func (a Action) State() string      { return a.state() }
func (n Notice) How() string        { return n.how() }

// HTML is the report as one file for a browser or a printer: it runs no script and loads nothing. Whatever others wrote is
// escaped where it stands; what escaping leaves in, characters that hide or reorder what people read, is taken out.
func (r Report) HTML() ([]byte, error) {
	p := page{Report: r, Chart: r.draw(), Style: template.CSS(reportStyle), Policy: ReportPolicy}
	for _, run := range r.Runs {
		view := runPage{RunReport: run, Head: run.head(), Spent: run.spent(), Called: run.called(), Released: run.released(), Foretold: run.foretold()}
		for _, b := range run.Brakes {
			view.Brakes = append(view.Brakes, b.line())
		}
		for _, s := range run.Steps {
			step := stepPage{StepReport: s, Ending: s.ending(), Gave: s.gave(), People: s.people(), Waited: s.People}
			for _, problem := range s.Problems {
				step.Problems = append(step.Problems, problem.line())
			}
			view.Steps = append(view.Steps, step)
		}
		p.Runs = append(p.Runs, view)
	}
	for _, c := range r.Checks {
		p.Checks = append(p.Checks, checkPage{c, c.result()})
	}
	var b bytes.Buffer
	if err := reportPage.Execute(&b, p); err != nil {
		return nil, err
	}
	return []byte(strings.TrimLeft(readable(b.String()), "\n")), nil
}
