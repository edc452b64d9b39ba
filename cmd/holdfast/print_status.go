package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/detector"
	"holdfast/incident"
)

// printStatus writes how things stand, what is most urgent first.
func printStatus(out *printer, s console.Status) {
	armed := cell{"armed", good}
	if !s.Armed {
		armed = cell{"DISARMED (" + s.Disarmed + ")", warn}
	}
	if s.Shadow {
		armed = cell{"SHADOW (" + s.Disarmed + ")", bad}
	}
	nats := cell{"NATS connected", good}
	if !s.NATSConnected {
		nats = cell{"NATS NOT CONNECTED", bad}
	}
	out.parts(cell{s.Organisation, bold}, armed, nats, cell{"as of " + clockTime(s.Now), soft})
	switch c := s.Charge; {
	case c == nil || c.Here:
	case c.Instance == "":
		out.parts(cell{"STANDBY", bold}, cell{"it is being found out who is in charge", plain})
	default:
		out.parts(cell{"STANDBY", bold}, cell{"in charge is " + strings.TrimSpace(c.Instance+" "+c.Address), plain})
	}
	for _, check := range s.Ready {
		if !check.OK {
			out.parts(cell{"NOT READY", bad}, cell{check.Name + ": " + check.Detail, plain})
		}
	}
	if s.Documents.Wrong != "" {
		out.parts(cell{"NOT RELOADED", bad}, cell{"the documents on disk are wrong, and those read before are lived by: " + s.Documents.Wrong, plain})
	}
	out.buffer.WriteByte('\n')
	printIncidents(out, s.Now, s.Incidents)
	printRetrospect(out, s)
	printWaiting(out, s)
	printReports(out, s)
	printExercises(out, s)
	printComponents(out, s)
	out.buffer.WriteByte('\n')
	printCounts(out, s.Counts)
	out.parts(cell{fmt.Sprintf("BIA %s, %s, epoch %d, holdfast %s", orDash(s.Documents.BIA), plural(len(s.Documents.Playbooks), "playbook"), s.Epoch, orDash(s.Version)), soft})
}

// invokeBy is how long is left to invoke, unless that was done.
func invokeBy(now, lti, invoked time.Time) cell {
	if !invoked.IsZero() {
		return cell{"invoked", plain}
	}
	if now.After(lti) && !lti.IsZero() {
		return cell{"PASSED " + until(now, lti), bad}
	}
	return cell{until(now, lti), urgent(now, lti)}
}

// deadlineIn is how long is left to recover, or that it was not done in time.
func deadlineIn(now, at time.Time) cell {
	if now.After(at) && !at.IsZero() {
		return cell{"MISSED " + until(now, at), bad}
	}
	return cell{until(now, at), urgent(now, at)}
}

// pressing are the clocks of an incident that run; none once it is closed.
func pressing(now time.Time, i console.IncidentStatus) (invoke, recover cell) {
	if !i.Closed.IsZero() {
		return cell{"–", plain}, cell{"–", plain}
	}
	return invokeBy(now, i.LTI, i.Invoked), deadlineIn(now, i.Deadline)
}

// printRetrospect names what was over before anybody could decide: it is open nowhere, and nobody was told.
func printRetrospect(out *printer, s console.Status) {
	for _, i := range s.Retrospect {
		out.parts(cell{i.ID, bold}, level(i.Level), cell{"found in retrospect: began " + clockTime(i.Since) + ", and was over before anybody could decide; nobody was told", warn}, cell{"holdfast incident " + i.ID, soft})
	}
}

// printIncidents writes a line for each incident.
func printIncidents(out *printer, now time.Time, incidents []console.IncidentStatus) {
	if len(incidents) == 0 {
		out.parts(cell{"no incident is open", good})
		return
	}
	var rows [][]cell
	for _, i := range incidents {
		invoke, recover := pressing(now, i)
		rows = append(rows, []cell{{i.ID, bold}, level(i.Level), {downFor(now, i), plain}, invoke, recover, declared(i), runs(i)})
	}
	out.table([]string{"INCIDENT", "LEVEL", "DOWN FOR", "INVOKE BY", "DEADLINE", "DECLARED", "RUNS"}, rows)
	for _, i := range incidents {
		if i.Awaits != "" {
			out.parts(cell{i.ID, bold}, cell{"awaits: " + i.Awaits, warn})
		}
		printHalts(out, i)
		printForecasts(out, now, i)
		if i.OlderText {
			out.parts(cell{i.ID, bold}, cell{"is judged by the bia.yaml it was opened under, which is no longer in force", warn})
		}
		if i.HandsOff != "" {
			out.parts(cell{i.ID, bold}, cell{"is shown and not driven: " + i.HandsOff, bad}, cell{keeps(i), warn})
		}
	}
}

// printHalts writes what people keep from going on, who and since when, and what to type to let it go on.
func printHalts(out *printer, i console.IncidentStatus) {
	for _, run := range i.Runs {
		for _, h := range run.Halts {
			what := "run " + run.Run + " (" + run.Playbook + ")"
			if h.Step != "" {
				what = h.Step
			}
			out.parts(cell{i.ID, bold}, cell{h.Kind(), bad}, cell{what + " " + h.Says(), warn})
			out.parts(cell{"    " + h.Resume, soft})
		}
	}
}

// printForecasts writes when the runs of an incident are forecast to be through.
func printForecasts(out *printer, now time.Time, i console.IncidentStatus) {
	for _, run := range i.Runs {
		for _, line := range run.ForecastLines(now) {
			out.parts(cell{i.ID, bold}, cell{run.Playbook + ": " + line, plain})
		}
	}
}

func level(l detector.Level) cell {
	c := cell{text: strings.ToUpper(strings.ReplaceAll(l.String(), "_", " "))}
	switch l {
	case detector.Disaster:
		c.paint = bad
	case detector.MajorIncident:
		c.paint = warn
	}
	return c
}

// downFor is how long the outages of an incident have lasted, from the earliest start that is not over.
func downFor(now time.Time, i console.IncidentStatus) string {
	var since time.Time
	for _, s := range i.Services {
		if s.Restored.IsZero() && !s.Since.IsZero() && (since.IsZero() || s.Since.Before(since)) {
			since = s.Since
		}
	}
	switch {
	case i.Retrospect:
		return "in retrospect"
	case !i.Closed.IsZero():
		return "closed"
	case !since.IsZero():
		return console.Span(now.Sub(since))
	case len(i.Services) > 0:
		return "back"
	}
	return "–"
}

func declared(i console.IncidentStatus) cell {
	if i.Declared.IsZero() {
		return cell{"no", plain}
	}
	by := ""
	if i.DeclaredBy != nil {
		by = " by " + actor(*i.DeclaredBy)
	}
	return cell{clockTime(i.Declared) + by, plain}
}

func actor(a incident.Actor) string {
	if a.Person != "" {
		return a.Person
	}
	return a.Rule
}

func runs(i console.IncidentStatus) cell {
	var all []string
	c := cell{paint: plain}
	for _, r := range i.Runs {
		state := fmt.Sprintf("%d of %d steps", r.Done, r.Steps)
		if r.Result != "" {
			state = word(r.Result)
		}
		if r.Paused() != nil {
			state, c.paint = "PAUSED at "+state, bad
		}
		all = append(all, r.Playbook+": "+state)
	}
	c.text = strings.Join(all, "; ")
	return c
}

// printWaiting writes what waits for whom, what is stuck and why, and what to type.
func printWaiting(out *printer, s console.Status) {
	var rows [][]cell
	for _, i := range s.Incidents {
		for _, w := range waiting(i, false) {
			rows = append(rows, []cell{{i.ID, plain}, {w.Step, bold}, {who(w), plain}, {until(s.Now, w.Until), urgent(s.Now, w.Until)}, {heldUp(i, w), plain}, {command(i, w), soft}})
		}
	}
	if len(rows) > 0 {
		out.heading("Waiting for people")
		out.table([]string{"INCIDENT", "STEP", "WHO", "UNTIL", "WHAT", "COMMAND"}, rows)
	}
	printStuck(out, "Stuck", s.Incidents)
}

// printStuck writes the steps that do not go on by themselves.
func printStuck(out *printer, heading string, incidents []console.IncidentStatus) {
	headed := false
	for _, i := range incidents {
		for _, w := range waiting(i, true) {
			if !headed {
				out.heading("%s", heading)
				headed = true
			}
			out.parts(cell{i.ID, plain}, cell{w.Step, bold}, cell{"STUCK", bad}, cell{orDash(w.Reason), plain})
			out.parts(cell{" ", plain}, cell{w.Text, plain}, cell{"– " + orDash(who(w)), plain})
			printCommands(out, i.ID, w)
		}
	}
}

// printCommands writes all that can be typed about a step.
func printCommands(out *printer, id string, w console.WaitingStep) {
	for _, verb := range w.Verbs {
		out.parts(cell{"    " + console.CommandLine(verb, id, w.Step), soft})
	}
}

// waiting are the steps of an incident that wait, or are stuck.
func waiting(i console.IncidentStatus, stuck bool) (steps []console.WaitingStep) {
	for _, run := range i.Runs {
		for _, w := range run.Waiting {
			if stuck == (w.Status == incident.Stuck) {
				steps = append(steps, w)
			}
		}
	}
	return steps
}

// who is a step's role and those who can act, as far as approvals have come.
func who(w console.WaitingStep) string {
	text, people := w.Role, strings.Join(w.Who, ", ")
	switch {
	case text == "":
		text = people
	case people != "":
		text += " (" + people + ")"
	}
	if w.AckedBy != "" {
		text += ", taken by " + w.AckedBy
	}
	if w.Offered != "" {
		text += ", offered to " + w.Offered
	}
	if w.Needed > 1 {
		text += fmt.Sprintf(", %d of %d approved", w.Approved, w.Needed)
	}
	return text
}

// heldUp is what is asked, and whether the recovery waits for it, or somebody keeps it from going on.
func heldUp(i console.IncidentStatus, w console.WaitingStep) string {
	for _, run := range i.Runs {
		if why := run.Stops(w.Step); why != "" && slices.ContainsFunc(run.Waiting, func(of console.WaitingStep) bool { return of.Step == w.Step }) {
			return w.Text + " (" + why + ")"
		}
	}
	if w.HoldsUp {
		return w.Text + " (holds everybody up)"
	}
	return w.Text
}

// command is what to type about a step that waits; of one that is held, what lets it go on.
func command(i console.IncidentStatus, w console.WaitingStep) string {
	for _, run := range i.Runs {
		if h := run.Held(w.Step); h != nil {
			return h.Resume
		}
	}
	if len(w.Verbs) == 0 {
		return ""
	}
	return console.CommandLine(w.Verbs[0], i.ID, w.Step)
}

func printComponents(out *printer, s console.Status) {
	if len(s.Components) == 0 {
		return
	}
	out.heading("Components not up")
	var rows [][]cell
	for _, c := range s.Components {
		since := "–"
		if !c.Since.IsZero() {
			since = console.Span(s.Now.Sub(c.Since))
		}
		rows = append(rows, []cell{{c.Component, plain}, state(c.State), {since, plain}, {saidBy(c.Alerts), plain}, {strings.ReplaceAll(strings.Join(c.Flags, ", "), "_", " "), soft}})
	}
	out.table([]string{"COMPONENT", "STATE", "FOR", "FIRST ALERT", "REMARKS"}, rows)
}

// saidBy names the first of the alerts that say that a component is not up: what an engineer looks for in the monitoring.
func saidBy(alerts []detector.ActiveAlert) string {
	if len(alerts) == 0 {
		return "–"
	}
	first := alerts[0]
	name := cmp.Or(first.Labels.Get("alertname"), first.Labels.Get("name"), "an alert")
	if first.Observer != "" {
		name += " by " + first.Observer
	}
	return printable(name)
}

func state(s detector.State) cell {
	c := cell{text: strings.ToUpper(string(s)), paint: warn}
	switch s {
	case detector.Down:
		c.paint = bad
	case detector.Up:
		c.paint = good
	}
	return c
}

// printCounts sums up what came in.
func printCounts(out *printer, c console.Counts) {
	var total uint64
	for _, n := range c.Received {
		total += n
	}
	var unreadable uint64
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(c.Unreadable)) {
		unreadable += c.Unreadable[reason]
		reasons = append(reasons, fmt.Sprintf("%s %d", word(string(reason)), c.Unreadable[reason]))
	}
	line := fmt.Sprintf("%d alerts received, %d unmapped, %d unreadable", total, c.Unmapped, unreadable)
	if len(reasons) > 0 {
		line += " (" + strings.Join(reasons, ", ") + ")"
	}
	if c.Truncated > 0 {
		line += fmt.Sprintf(", %d left out by their senders", c.Truncated)
	}
	for _, observer := range slices.Sorted(maps.Keys(c.Misattributed)) {
		line += fmt.Sprintf(", %d called of %s where %s does not speak", c.Misattributed[observer], printable(observer), printable(observer))
	}
	out.line("%s", line)
	printSamples(out, "unmapped:", c.Samples)
	for _, s := range slices.Backward(c.Strays[max(0, len(c.Strays)-samplesShown):]) {
		printSamples(out, fmt.Sprintf("not of %s, on %s:", printable(s.Observer), printable(s.Subject)), []json.RawMessage{s.Labels})
	}
}

// samplesShown is how many of the alerts that mean nothing yet are shown; the API has more.
const samplesShown = 3

// printSamples shows the labels of the newest alerts that say nothing.
func printSamples(out *printer, what string, samples []json.RawMessage) {
	for _, sample := range slices.Backward(samples[max(0, len(samples)-samplesShown):]) {
		var labels map[string]string
		if json.Unmarshal(sample, &labels) != nil {
			continue
		}
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
		}
		out.parts(cell{"  " + what, soft}, cell{"{" + strings.Join(pairs, ", ") + "}", plain})
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
