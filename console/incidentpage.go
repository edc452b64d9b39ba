package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// incidentView is the page of one incident.
type incidentView struct {
	frame
	Tasks     []task // of who looks, in this incident
	Status    IncidentStatus
	Explained Explained
	Runs      []runView
	Orders    []orderView // about the incident as a whole
	Asked     *stepView   // the step that ?step= opens
	Refused   *Problem    // the order that was just not carried out
	Reports   []reportView
	Story     []Told
}

type runView struct {
	Status RunStatus
	Steps  []stepView

	Forecast []string    // in sentences
	Orders   []orderView // about the run as a whole
}

// stepView is one step, and what can be ordered of it.
type stepView struct {
	Name             string
	Step             incident.StepState
	Who              []string
	HoldsUp          bool // the recovery waits for it
	Verbs            []incident.Verb
	OneTap           bool // to acknowledge needs no words
	Irreversible     bool
	Answers          []answerField
	Evidence         bool
	EvidenceRequired bool
	Buttons          []button
	Commands         []string
	Brake            *orderView // hold it, or let it go on
	HandOver         *orderView // give it to somebody else
}

type answerField struct{ Name, Type string }

type button struct {
	Verb  incident.Verb
	Label string
	Class string // "go", "no"
}

// orderView is an order about an incident as a whole; each needs a reason.
type orderView struct {
	Verb    incident.Verb
	Label   string
	Command string
	Run     string // of one run
	Step    string // of one step
	Keep    bool
	Until   bool // it may have a time

	Give     bool     // it names a person
	To       []string // who could be named, who is on duty first
	Report   string   // of one report
	Over     bool     // it need not be made
	Evidence bool     // it has to be said where the evidence is
}

// Made reports whether the order says that a report was made, which needs no reason.
func (o orderView) Made() bool { return o.Report != "" && !o.Over }

// ID tells one form from the others of a page.
func (o orderView) ID() string {
	id := string(o.Verb) + "-" + o.Run + "-" + o.Step
	if o.Keep {
		id += "-keep"
	}
	if o.Report != "" {
		id += o.Report
	}
	if o.Over {
		id += "-over"
	}
	return strings.Trim(strings.ReplaceAll(id, "/", "-"), "-")
}

var labels = map[incident.Verb]string{
	incident.VerbAck: "Acknowledge", incident.VerbDone: "Done", incident.VerbFailed: "Failed", incident.VerbCannot: "Cannot be done",
	incident.VerbApprove: "Approve", incident.VerbDecline: "Decline", incident.VerbRetry: "Try again", incident.VerbSkip: "Skip",
	incident.VerbDeclare: "Declare a disaster", incident.VerbStandDown: "Stand down",
	incident.VerbRebase: "Judge by the bia.yaml in force",
	incident.VerbPause:  "Pause", incident.VerbHold: "Hold", incident.VerbResume: "Let it go on", incident.VerbAbort: "Abort", incident.VerbSkipRest: "Leave out the rest",
	incident.VerbHandOver: "Hand over", incident.VerbOverrule: "Overrule the rule", incident.VerbReported: "Reported",
}

var classes = map[incident.Verb]string{incident.VerbAck: "go", incident.VerbDone: "go", incident.VerbApprove: "go", incident.VerbDecline: "no"}

func (c *console) incidentPage(w http.ResponseWriter, r *http.Request) {
	c.showIncident(w, r, http.StatusOK, r.PathValue("id"), r.URL.Query().Get("step"), nil)
}

// showIncident answers with the page of an incident: with the form of a step opened, or with the refusal of an order.
func (c *console) showIncident(w http.ResponseWriter, r *http.Request, status int, id, step string, refused *Problem) {
	c.page(w, status, "incident", func(d *incident.Desk, s sight) any {
		i, found := d.Incident(id)
		if !found {
			return troubleView{frame: c.frame(r, "Not found"), Problem: unknownIncident(d, id).completed()}
		}
		view := incidentView{frame: c.frame(r, marked(i)+id), Status: incidentStatus(s, i), Explained: explainedOf(d, s, i), Orders: ordersOf(i), Refused: refused, Reports: reportViews(s, i.ID), Story: newestFirst(storyOf(i))}
		if view.Status.OlderText {
			view.Orders = append(view.Orders, orderView{Verb: incident.VerbRebase, Label: labels[incident.VerbRebase], Command: CommandLine(incident.VerbRebase, i.ID)})
		}
		if s.documents != nil {
			view.Organisation = s.documents.BIA.Organisation
		}
		stopped := s.stopped(i)
		for n, run := range i.Runs {
			view.Runs = append(view.Runs, runView{Status: view.Status.Runs[n], Steps: stepViews(s, i, run, view.Status.Runs[n]), Orders: runOrders(i, run, stopped[run.ID] != ""), Forecast: slices.Concat(view.Status.Runs[n].ForecastLines(s.now), view.Status.Runs[n].FurtherLines())})
		}
		person, _ := c.person(r)
		view.Tasks = tasksOf(s, person, i)
		view.Asked = view.step(step)
		if view.Asked == nil && refused == nil && i.Open() {
			view.Refresh = refresh
		}
		return view
	})
}

// step is the step that is asked for and can be answered; nil if there is none.
func (v incidentView) step(name string) *stepView {
	for _, run := range v.Runs {
		for n, s := range run.Steps {
			if s.Name == name && len(s.Verbs) > 0 && v.Person != "" {
				return &run.Steps[n]
			}
		}
	}
	return nil
}

func stepViews(s sight, i incident.Incident, run incident.Run, status RunStatus) []stepView {
	var views []stepView
	for _, step := range run.Steps {
		view := stepView{Name: stepName(i, run, step), Step: step, Who: s.who(step), HoldsUp: status.HoldsUp(step.ID)}
		if i.Open() && run.Ended.IsZero() {
			view.Verbs, view.Brake, view.HandOver = verbsOf(run, step), stepBrake(i, run, step), handingOver(i, view, step)
		}
		for _, verb := range view.Verbs {
			view.OneTap = view.OneTap || verb == incident.VerbAck
			view.Buttons = append(view.Buttons, button{Verb: verb, Label: labels[verb], Class: classes[verb]})
		}
		view.asWritten(run.Playbook)
		for _, verb := range view.Verbs {
			view.Commands = append(view.Commands, CommandLine(verb, append([]string{i.ID, view.Name}, view.asked(verb)...)...))
		}
		views = append(views, view)
	}
	return views
}

// asWritten adds what only the playbook says of a step.
func (v *stepView) asWritten(p *playbooks.Playbook) {
	if p == nil {
		return
	}
	written, found := p.Step(v.Step.ID)
	if !found {
		return
	}
	v.Irreversible = written.PointOfNoReturn
	v.EvidenceRequired = written.Evidence == "required"
	v.Evidence = v.Step.Kind == playbooks.KindDo || v.EvidenceRequired
	for _, name := range sorted(written.Answers) {
		v.Answers = append(v.Answers, answerField{Name: name, Type: written.Answers[name].Says()})
	}
}

// newestFirst is a story for somebody who wants to know what happened last, without the notices.
func newestFirst(story []Told) []Told {
	story = slices.DeleteFunc(story, func(t Told) bool { return t.Kind == incident.KindNotified })
	slices.Reverse(story)
	return story
}

// asked are the flags by which a command line gives what the playbook asks for.
func (v *stepView) asked(verb incident.Verb) (flags []string) {
	if verb != incident.VerbDone {
		return nil
	}
	for _, a := range v.Answers {
		flags = append(flags, "--answer "+a.Name+"=…")
	}
	if v.EvidenceRequired {
		flags = append(flags, "--evidence …")
	}
	return flags
}

// ordersOf are the orders about an incident as a whole that make sense as it stands.
func ordersOf(i incident.Incident) []orderView {
	var verbs []incident.Verb
	switch {
	case !i.Open():
	case i.Exercise != "":
		return []orderView{{Verb: incident.VerbStandDown, Label: "End the exercise", Command: CommandLine(incident.VerbStandDown, i.ID)}}
	case i.Declared != nil && i.Aborted == nil:
		verbs = []incident.Verb{incident.VerbStandDown, incident.VerbAbort}
	case i.Declared != nil:
		verbs = []incident.Verb{incident.VerbStandDown}
	case i.Recommended != nil || i.DecisionDue != nil:
		verbs = []incident.Verb{incident.VerbDeclare, incident.VerbDecline}
	default:
		verbs = []incident.Verb{incident.VerbDeclare}
	}
	var orders []orderView
	for _, verb := range verbs {
		label := labels[verb]
		if verb == incident.VerbDecline {
			label = "Decline to declare"
		}
		if verb == incident.VerbAbort {
			label = "Abort everything, and undo what was done"
		}
		orders = append(orders, orderView{Verb: verb, Label: label, Command: CommandLine(verb, i.ID)})
	}
	return orders
}

// runOrders are what a person can do to a run as a whole, as it stands, and where somebody has disarmed: one that only waits
// for its machines can be let go on, and what people do in it can still be paused.
func runOrders(i incident.Incident, run incident.Run, disarmed bool) []orderView {
	if !i.Open() || !run.Active() || i.HandsOff != "" {
		return nil
	}
	order := func(verb incident.Verb, label string, flags ...string) orderView {
		words := append([]string{i.ID, run.ID}, flags...)
		return orderView{Verb: verb, Label: label, Command: CommandLine(verb, words...), Run: run.ID, Keep: len(flags) > 0, Until: verb == incident.VerbPause}
	}
	brake := order(incident.VerbPause, "Pause run "+run.ID+": start nothing more for now")
	if run.Paused != nil {
		brake = order(incident.VerbResume, "Let run "+run.ID+" go on")
	}
	orders := []orderView{brake}
	if disarmed && run.Paused == nil {
		orders = []orderView{order(incident.VerbResume, "Let run "+run.ID+" go on, although somebody has disarmed"), brake}
	}
	if len(run.Offered) > 0 {
		orders = append([]orderView{order(incident.VerbSkipRest, "Leave out the rest of run "+run.ID+": all that it covers is back")}, orders...)
	}
	if run.Ending == nil {
		orders = append(orders, order(incident.VerbAbort, "Abort run "+run.ID+" and undo what it did"))
	}
	if run.Ending == nil || run.Ending.Undo {
		orders = append(orders, order(incident.VerbAbort, "Abort run "+run.ID+" and leave things as they are", "--keep"))
	}
	return orders
}

// stepBrake is the order that holds a step, or lets it go on; nil where there is nothing to hold.
func stepBrake(i incident.Incident, run incident.Run, s incident.StepState) *orderView {
	name := run.ID + "/" + s.ID
	switch {
	case s.Held != nil:
		return &orderView{Verb: incident.VerbResume, Label: "Let it go on", Command: CommandLine(incident.VerbResume, i.ID, name), Step: name}
	case run.Ending == nil && (s.Status == incident.Pending || s.Status == incident.Waiting || s.Status == incident.Retrying):
		return &orderView{Verb: incident.VerbHold, Label: "Hold", Command: CommandLine(incident.VerbHold, i.ID, name), Step: name, Until: true}
	}
	return nil
}

// handingOver is the order that gives a step which waits to another person; nil where there is nothing to give.
func handingOver(i incident.Incident, v stepView, s incident.StepState) *orderView {
	if s.Undo != nil || !waits(s) {
		return nil
	}
	to := slices.DeleteFunc(slices.Clone(v.Who), func(person string) bool { return person == s.Acked.Person })
	return &orderView{Verb: incident.VerbHandOver, Label: "Hand over", Command: CommandLine(incident.VerbHandOver, i.ID, v.Name, "PERSON"), Step: v.Name, Give: true, To: to}
}

// orderForm is POST /orders: what a button on a page sends. It goes the way of every order.
func (c *console) orderForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxCommand)
	if err := r.ParseForm(); err != nil {
		writeProblem(w, unreadBody(err))
		return
	}
	person, _ := c.person(r)
	order, wrong := formOrder(r, c.Now())
	if wrong != nil {
		writeProblem(w, *wrong)
		return
	}
	if _, p := c.orderPerson(r, person, order); p != nil {
		if order.Incident == "" || p.Status == http.StatusNotFound {
			c.pages.show(w, p.Status, "trouble", troubleView{frame: c.frame(r, "Not carried out"), Problem: p.completed()})
			return
		}
		refused := p.completed()
		c.showIncident(w, r, p.Status, order.Incident, order.Step, &refused)
		return
	}
	http.Redirect(w, r, "/incidents/"+url.PathEscape(order.Incident), http.StatusSeeOther)
}

func (c *console) orderPerson(r *http.Request, person *oncall.Person, order incident.Command) ([]incident.Change, *Problem) {
	if labels[order.Verb] == "" {
		p := badRequest("no page offers this order", "")
		return nil, &p
	}
	return c.order(r.Context(), person, order)
}

func formOrder(r *http.Request, now time.Time) (incident.Command, *Problem) {
	order := incident.Command{Verb: incident.Verb(r.PostForm.Get("verb")), Incident: r.PostForm.Get("incident"), Step: r.PostForm.Get("step"),
		Run: r.PostForm.Get("run"), Keep: r.PostForm.Get("keep") == "true", To: strings.TrimSpace(r.PostForm.Get("to")),
		Report: r.PostForm.Get("report"), Over: r.PostForm.Get("over") == "true",
		Reason: strings.TrimSpace(r.PostForm.Get("reason")), Evidence: strings.TrimSpace(r.PostForm.Get("evidence")), Digest: r.PostForm.Get("digest")}
	for key, values := range r.PostForm {
		name, ok := strings.CutPrefix(key, "answer.")
		if answer := strings.TrimSpace(values[0]); ok && answer != "" {
			if order.Answers == nil {
				order.Answers = map[string]string{}
			}
			order.Answers[name] = answer
		}
	}
	if wrong := formTimes(r, now, &order); wrong != nil {
		return order, wrong
	}
	return order, nil
}

// formTimes reads the times of a form: how long an order binds, and when a report was made.
func formTimes(r *http.Request, now time.Time, order *incident.Command) *Problem {
	if until := strings.TrimSpace(r.PostForm.Get("until")); until != "" {
		at, err := instantFrom(until, now, 1)
		if err != nil {
			p := badRequest(fmt.Sprintf("until %q is no instant", until), "write it as 2026-11-23T16:00:00Z, or as 90m from now")
			return &p
		}
		order.Until = at
	}
	if made := strings.TrimSpace(r.PostForm.Get("at")); made != "" {
		at, err := instantFrom(strings.TrimSuffix(made, " ago"), now, -1)
		if err != nil {
			p := badRequest(fmt.Sprintf("%q is no instant at which a report was made", made), "write it as 2026-11-23T16:00:00Z, or as 20m ago")
			return &p
		}
		order.At = at
	}
	return nil
}

// instantFrom reads an instant, or a duration before it (sign -1) or after it (1).
func instantFrom(text string, now time.Time, sign time.Duration) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(sign * d).UTC().Truncate(time.Second), nil
	}
	return time.Parse(time.RFC3339, text)
}
