package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"

	"holdfast/detector"
	"holdfast/incident"
)

//go:embed page
var pageFiles embed.FS

// refresh is how often a live page asks again, in seconds. A page on which somebody writes does not.
const refresh = 5

// pages are the templates, by name.
type pages struct {
	templates map[string]*template.Template
	css       []byte
}

func parsePages() *pages {
	p := &pages{templates: map[string]*template.Template{}}
	for _, name := range []string{"login", "home", "incident", "trouble"} {
		p.templates[name] = template.Must(template.New("").Funcs(pageFuncs).ParseFS(pageFiles, "page/frame.html", "page/explanation.html", "page/"+name+".html"))
	}
	css, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	p.css = css
	return p
}

// A frame is what every page shows.
type frame struct {
	Title        string
	Organisation string
	Version      string
	Person       string // who is signed in
	Now          time.Time
	Refresh      int
}

func (c *console) frame(r *http.Request, title string) frame {
	f := frame{Title: title, Version: c.Version, Now: c.Now()}
	if p, known := c.person(r); known {
		f.Person = p.ID
	}
	return f
}

// show renders a page and answers with it.
func (p *pages) show(w http.ResponseWriter, status int, name string, view any) {
	body, err := p.render(name, view)
	if err != nil {
		writeProblem(w, Problem{Type: "crashed", Status: http.StatusInternalServerError, Detail: "the page cannot be drawn: " + err.Error()})
		return
	}
	p.send(w, status, body)
}

func (p *pages) send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// render draws a page. Whatever a page quotes is escaped by the template; what escaping leaves in, control characters and
// those that turn the direction of reading around, is taken out of the whole page.
func (p *pages) render(name string, view any) ([]byte, error) {
	var page bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&page, "frame", view); err != nil {
		return nil, err
	}
	return bytes.Map(harmless, page.Bytes()), nil
}

// harmless drops a character that could hide or reorder what people read.
func harmless(r rune) rune {
	if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return -1
	}
	return r
}

func (c *console) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(c.pages.css)
}

var pageFuncs = template.FuncMap{
	"instant":   instant,
	"when":      when,
	"clock":     func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"ago":       func(now, t time.Time) string { return Span(now.Sub(t)) },
	"span":      func(from, to time.Time) string { return Span(to.Sub(from)) },
	"until":     until,
	"deadline":  deadline,
	"urgency":   urgency,
	"actor":     actorName,
	"words":     func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"upper":     strings.ToUpper,
	"join":      func(s []string) string { return strings.Join(s, ", ") },
	"short":     shortDigest,
	"state":     stateClass,
	"stepclass": stepClass,
	"pair":      func(a, b any) []any { return []any{a, b} },
}

// instant writes a time for people: UTC, and saying so.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// when writes an instant as one says it at now: without the date on the same day.
func when(now, t time.Time) string {
	if y, d := now.UTC().Year(), now.UTC().YearDay(); !t.IsZero() && t.UTC().Year() == y && t.UTC().YearDay() == d {
		return t.UTC().Format("15:04:05 UTC")
	}
	return instant(t)
}

// Span writes a duration for people, to the second below an hour and to the minute above: "45s", "12m30s", "3h05m", "2d04h".
func Span(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	d = d.Truncate(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%s%ds", sign, d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%s%dm%02ds", sign, d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%s%dh%02dm", sign, d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%s%dd%02dh", sign, d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// until says how far an instant is ahead, or how long it is past.
func until(now, t time.Time) string {
	if d := t.Sub(now); d >= 0 {
		return "in " + Span(d)
	}
	return Span(now.Sub(t)) + " ago"
}

// deadline says how far an instant is ahead by which something had to be reached, or that it was missed.
func deadline(now, t time.Time) string {
	if now.After(t) {
		return "MISSED " + until(now, t)
	}
	return until(now, t)
}

// urgency is the class of an instant that must not pass.
func urgency(now, t time.Time) string {
	switch d := t.Sub(now); {
	case d < 5*time.Minute:
		return "bad"
	case d < 20*time.Minute:
		return "warn"
	}
	return ""
}

// actorName names who did something.
func actorName(a any) string {
	var actor incident.Actor
	switch a := a.(type) {
	case incident.Actor:
		actor = a
	case *incident.Actor:
		actor = *a
	}
	switch {
	case actor.Person != "" && actor.Role != "":
		return actor.Person + " (" + actor.Role + ")"
	case actor.Person != "":
		return actor.Person
	case actor.Rule != "":
		return "rule " + actor.Rule
	}
	return actor.Role
}

func shortDigest(d string) string {
	_, hex, _ := strings.Cut(d, ":")
	return hex[:min(len(hex), 12)]
}

func stateClass(s detector.State) string {
	switch s {
	case detector.Down:
		return "bad"
	case detector.Up:
		return "good"
	}
	return "warn"
}

func stepClass(s incident.StepStatus) string {
	switch s {
	case incident.Waiting, incident.Stuck, incident.Declined, incident.Given:
		return "bad"
	case incident.Retrying, incident.Running:
		return "warn"
	case incident.Done:
		return "good"
	}
	return "soft"
}
