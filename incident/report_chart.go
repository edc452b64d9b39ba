package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast/playbooks"
)

// Sizes of the drawing, in units of its own.
const (
	chartWidth  = 1120.0
	chartLeft   = 190.0 // the names of the lanes
	chartRight  = 30.0
	laneHeight  = 24.0
	headHeight  = 26.0 // of a heading between lanes
	labelHeight = 15.0 // of a row of marks' names
	axisHeight  = 34.0
	letterWidth = 6.3 // of the drawing's type, about
	mostOutages = 12  // that are drawn; the tables have all
)

// A chart is the incident drawn over time: outages above, then the steps of each run, phase by phase; across them the marks.
type chart struct {
	Width, Height float64
	Left, Right   float64 // between them time passes
	Top, Bottom   float64 // of the lanes
	Title, Told   string  // for who cannot see it
	Ticks         []chartTick
	Marks         []chartMark
	Lanes         []chartLane
	Beyond        []string // what lies outside of it
}

type chartTick struct {
	X         float64
	T, Clock  string
	TextY     float64
	ClockY    float64
	GridFromY float64
}

// A chartMark is an instant across all lanes.
type chartMark struct {
	X, LabelX, LabelY float64
	Label, Class      string
	Anchor            string
	Title             string
}

// A chartLane is a heading, an outage or a step.
type chartLane struct {
	Y, TextY   float64
	Name       string
	Head       bool
	Critical   bool
	Bars       []chartBar
	Points     []chartPoint
	Note       string // beside the last bar: who, and how long
	NoteX      float64
	NoteAnchor string
}

type chartBar struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// A chartPoint is something at an instant within a lane.
type chartPoint struct {
	X, Y  float64
	Sign  string
	Class string
	Title string
}

// draw lays the report out over time; nil: there is nothing to draw.
func (r Report) draw() *chart {
	from, to := r.stretch()
	if !to.After(from) {
		return nil
	}
	c := &chart{Width: chartWidth, Left: chartLeft, Right: chartWidth - chartRight, Title: "Timeline of " + r.Incident}
	c.Told = fmt.Sprintf("From %s to %s. The tables below hold the same instants.", stamp(from), stamp(to))
	s := scale{from: from, to: to, left: c.Left, right: c.Right}
	c.marks(s, r.marks())
	c.axis(s, ended(r.Disrupted, r.Opened))
	c.outages(s, r)
	for _, run := range r.Runs {
		c.run(s, run)
	}
	c.Bottom = c.Height
	c.Height += 8
	return c
}

// A scale puts instants into the drawing.
type scale struct {
	from, to    time.Time
	left, right float64
}

func (s scale) x(t time.Time) float64 {
	share := float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
	return tenths(s.left + min(max(share, 0), 1)*(s.right-s.left))
}

func (s scale) holds(t time.Time) bool { return !t.Before(s.from) && !t.After(s.to) }

// tenths keeps a drawing short, and the same on every machine.
func tenths(x float64) float64 { return float64(int64(x*10+0.5)) / 10 }

// A moment is an instant with what it is called.
type moment struct {
	at    time.Time
	label string
	class string
}

// marks are the instants that cross all lanes, the objectives being the first to fall due.
func (r Report) marks() (all []moment) {
	add := func(at time.Time, label, class string) {
		if !at.IsZero() {
			all = append(all, moment{at, label, class})
		}
	}
	add(r.Disrupted, "t0", "happened")
	add(r.Opened, "opened", "happened")
	add(r.Confirmed, "confirmed", "happened")
	add(r.Classified, "classified disaster", "decided")
	add(r.Declared, "declared", "decided")
	for _, d := range r.Declined {
		add(d.At, "declined", "decided")
	}
	for _, run := range r.Runs {
		add(run.Started, "run "+run.Run+" invoked", "decided")
	}
	first := map[string]moment{}
	due := func(at time.Time, label string) {
		if known, ok := first[label]; !at.IsZero() && (!ok || at.Before(known.at)) {
			first[label] = moment{at, label, "due"}
		}
	}
	for _, s := range r.Services {
		if s.Vital && s.Since.Equal(r.Disrupted) {
			due(s.Clocks.LTI, "latest time to invoke")
			due(s.Clocks.Deadline, "deadline")
			due(s.Clocks.MTPDEnd, "MTPD")
		}
		if s.Vital {
			add(s.Restored, s.Service+" restored", "back")
		}
	}
	for _, label := range []string{"latest time to invoke", "deadline", "MTPD"} {
		add(first[label].at, label, "due")
	}
	for _, l := range r.Timeline {
		if l.Kind == KindRelapsed {
			add(l.At, "relapsed", "happened")
		}
	}
	for _, run := range r.Runs {
		for _, s := range run.Steps {
			if s.Milestone == "work_recovered" && s.Status == Done {
				add(s.Ended, "work recovered", "back")
			}
		}
	}
	add(r.Closed, "closed", "happened")
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

// stretch is what is drawn: what was suffered and done up to the recovery, and of the rest what lies near. A failback that
// waits for the weekend would leave no room for the night.
func (r Report) stretch() (from, to time.Time) {
	from = sooner(ended(r.Disrupted, r.Opened), r.Opened)
	reach := func(t time.Time) { to = later(to, t) }
	reach(r.Opened)
	reach(r.Declared)
	for _, s := range r.Services {
		reach(ended(s.Restored, r.As))
	}
	for _, run := range r.Runs {
		reach(run.Started)
		for _, s := range run.Steps {
			if s.Phase == playbooks.Reconstitution {
				continue
			}
			reach(s.Ended)
			for _, p := range s.Course {
				reach(p.To)
			}
		}
	}
	near := to.Add(2 * to.Sub(from))
	for _, m := range r.marks() {
		if m.at.Before(from) {
			from = m.at
		}
		if !m.at.After(near) {
			reach(m.at)
		}
	}
	return from, to.Add(to.Sub(from) / 50)
}

// marks writes the names of the marks in rows above the axis, so that none covers another.
func (c *chart) marks(s scale, all []moment) {
	var rows []float64 // how far each row is written
	for n := 0; n < len(all); n++ {
		m := all[n]
		if !s.holds(m.at) {
			c.Beyond = append(c.Beyond, fmt.Sprintf("%s: %s", m.label, stamp(m.at)))
			continue
		}
		x, label, title := s.x(m.at), m.label, stamp(m.at)+" "+m.label
		for n+1 < len(all) && all[n+1].class == m.class && s.x(all[n+1].at)-x < 3 { // one line for what cannot be told apart
			n++
			label += ", " + all[n].label
			title += "; " + stamp(all[n].at) + " " + all[n].label
		}
		mark := chartMark{X: x, LabelX: x + 3, Label: label, Class: m.class, Anchor: "start", Title: title}
		width := letterWidth * float64(utf8.RuneCountInString(label))
		left := x
		if x+width > s.right+chartRight-4 {
			mark.Anchor, mark.LabelX, left = "end", x-3, x-width-6
		}
		row := slices.IndexFunc(rows, func(end float64) bool { return end < left-4 })
		if row < 0 {
			rows, row = append(rows, 0), len(rows)
		}
		rows[row] = max(x, left+width) + 6
		mark.LabelY = float64(row)
		c.Marks = append(c.Marks, mark)
	}
	for n := range c.Marks {
		c.Marks[n].LabelY = tenths(labelHeight * (c.Marks[n].LabelY + 0.8))
	}
	c.Height = tenths(labelHeight*float64(len(rows)) + 4)
}

// steps of the axis.
var axisSteps = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour}

func (c *chart) axis(s scale, start time.Time) {
	step := axisSteps[len(axisSteps)-1]
	for _, d := range axisSteps {
		if s.to.Sub(s.from) <= 10*d {
			step = d
			break
		}
	}
	for at := start; !at.After(s.to) && len(c.Ticks) < 60; at = at.Add(step) {
		clock := at.UTC().Format("15:04")
		if step < time.Minute {
			clock = at.UTC().Format("15:04:05")
		}
		if step >= 12*time.Hour {
			clock = at.UTC().Format("01-02 15:04")
		}
		c.Ticks = append(c.Ticks, chartTick{X: s.x(at), T: "+" + span(at.Sub(start)), Clock: clock + "Z", TextY: c.Height + 12, ClockY: c.Height + 26, GridFromY: c.Height + 30})
	}
	c.Height += axisHeight
	c.Top = c.Height
}

// lane adds a lane below those there are.
func (c *chart) lane(l chartLane) {
	height := laneHeight
	if l.Head {
		height = headHeight
	}
	l.Y = c.Height
	l.TextY = tenths(c.Height + height/2 + 4)
	c.Lanes = append(c.Lanes, l)
	c.Height += height
}

func (c *chart) outages(s scale, r Report) {
	if len(r.Services) == 0 {
		return
	}
	c.lane(chartLane{Name: "OUTAGES", Head: true})
	var order []string
	of := map[string][]ServiceReport{}
	for _, o := range r.Services {
		order = join(order, []string{o.Service})
		of[o.Service] = append(of[o.Service], o)
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(rank(of[a]), rank(of[b])) })
	for _, service := range order[:min(len(order), mostOutages)] {
		l := chartLane{Name: service}
		y := c.Height
		for _, o := range of[service] {
			until := ended(o.Restored, ended(r.Closed, r.As))
			l.Bars = append(l.Bars, bar(s, y, o.Since, until, "outage", service+" below its minimum "+lasted(o.Since, until)))
			for _, p := range []struct {
				at         time.Time
				sign, name string
			}{{o.Clocks.LTI, "◇", "latest time to invoke"}, {o.Clocks.Deadline, "▼", "deadline (" + o.Clocks.DeadlineBy + ")"}, {o.Clocks.MTPDEnd, "■", "MTPD"}} {
				if !p.at.IsZero() && s.holds(p.at) {
					l.Points = append(l.Points, chartPoint{X: s.x(p.at), Y: tenths(y + laneHeight/2 + 4), Sign: p.sign, Class: "objective", Title: service + " " + p.name + " " + stamp(p.at)})
				}
			}
			l.note(s, o.Since, until, between(o.Since, until).String())
		}
		c.lane(l)
	}
	if more := len(order) - mostOutages; more > 0 {
		c.Beyond = append(c.Beyond, fmt.Sprintf("%d more services: in the tables below", more))
	}
}

// rank puts vital services first.
func rank(s []ServiceReport) int {
	if s[0].Vital {
		return 0
	}
	return 1
}

func (c *chart) run(s scale, r RunReport) {
	name := fmt.Sprintf("RUN %s: %s", r.Run, r.Playbook)
	if r.Exercise != "" {
		name += " (exercise)"
	}
	phase := ""
	for _, step := range r.Steps {
		if step.Started.IsZero() && step.Ended.IsZero() {
			continue
		}
		if string(step.Phase) != phase || name != "" {
			phase = string(step.Phase)
			c.lane(chartLane{Name: strings.TrimPrefix(name+" · "+strings.ToUpper(phase), " · "), Head: true})
			name = ""
		}
		c.step(s, step, slices.Contains(r.Critical, step.Step))
	}
	c.brakes(s, r)
}

// brakes draws while people kept a run or its steps from going on.
func (c *chart) brakes(s scale, r RunReport) {
	if len(r.Brakes) == 0 {
		return
	}
	l := chartLane{Name: "paused or held"}
	for _, b := range r.Brakes {
		to := ended(b.To, s.to)
		l.Bars = append(l.Bars, bar(s, c.Height, b.From, to, "brake", b.line()))
		l.note(s, b.From, to, who(b.By))
	}
	c.lane(l)
}

func (c *chart) step(s scale, step StepReport, critical bool) {
	l := chartLane{Name: step.Step, Critical: critical}
	y := c.Height
	for _, p := range step.Course {
		l.Bars = append(l.Bars, bar(s, y, p.From, p.To, string(p.Doing), step.Step+": "+doings[p.Doing]+" "+lasted(p.From, p.To)))
	}
	if len(l.Bars) == 0 { // it took no time
		at := ended(step.Started, step.Ended)
		l.Bars = append(l.Bars, bar(s, y, at, at, "instant", step.Step+" "+stamp(at)))
	}
	for _, p := range step.Problems {
		sign := "×"
		if p.What == "escalated" {
			sign = "↑"
		}
		l.Points = append(l.Points, chartPoint{X: s.x(p.At), Y: tenths(y + laneHeight/2 + 5), Sign: sign, Class: "problem", Title: step.Step + ": " + p.line()})
	}
	note := step.people()
	if note == "" && step.Status != Done {
		note = string(step.Status)
	}
	if step.Took > 0 {
		note = strings.TrimPrefix(note+" · "+step.Took.String(), " · ")
	}
	from, to := ended(step.Started, step.Ended), step.Ended
	if n := len(step.Course); n > 0 {
		to = later(to, step.Course[n-1].To)
	}
	switch to = ended(to, from); {
	case from.After(s.to):
		l.Bars, l.Points, note = nil, nil, note+", from "+stamp(from)+" →"
	case to.After(s.to):
		note += " →"
	}
	l.note(s, from, to, note)
	c.lane(l)
}

// doings say in words what a bar is.
var doings = map[Doing]string{ByMachine: "a machine at work", Asked: "somebody asked, nobody had taken it", ByPerson: "a person at work", Paused: "failed, goes again", StuckHere: "stuck, waiting for a person", Undoing: "being undone"}

func lasted(from, to time.Time) string {
	return fmt.Sprintf("from %s to %s, %s", stamp(from), stamp(to), between(from, to))
}

func bar(s scale, y float64, from, to time.Time, class, title string) chartBar {
	x := s.x(from)
	return chartBar{X: x, Y: y + 5, W: tenths(max(s.x(to)-x, 2)), H: laneHeight - 10, Class: class, Title: title}
}

// note writes beside a bar where there is room.
func (l *chartLane) note(s scale, from, to time.Time, text string) {
	l.Note, l.NoteX, l.NoteAnchor = text, s.x(to)+6, "start"
	if width := letterWidth * float64(utf8.RuneCountInString(text)); l.NoteX+width > s.right+chartRight {
		l.NoteAnchor, l.NoteX = "end", s.x(from)-6
		if l.NoteX-width < s.left { // neither before it nor behind it
			l.NoteX = s.x(to) - 6
		}
	}
}
