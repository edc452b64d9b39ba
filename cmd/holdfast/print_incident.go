package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/detector"
	"holdfast/incident"
)

// keeps says what an incident that is not driven keeps from being brought back, and what to type; empty: nothing.
func keeps(i console.IncidentStatus) string {
	if len(i.Keeps) == 0 {
		return ""
	}
	return fmt.Sprintf("nothing else is started for %s before holdfast stand-down %s", strings.Join(i.Keeps, ", "), i.ID)
}

// printIncident writes an incident: clocks, runs, the last of its story.
func printIncident(out *printer, i console.Incident) {
	i.Now = stopped(i.Now, i.Closed) // nothing ticks on in what is over
	out.parts(cell{i.ID, bold}, level(i.Level), cell{openOrClosed(i), soft})
	out.line("%s", i.Verdict.Explanation.Summary)
	if i.HandsOff != "" {
		out.parts(cell{"shown and not driven: " + i.HandsOff, bad}, cell{keeps(i.Status), warn})
	}
	printText(out, i.JudgedBy, i.Status.OlderText)
	if i.Status.Awaits != "" {
		out.parts(cell{"awaits: " + i.Status.Awaits, warn})
	}
	if i.Declared != nil {
		how := "declared " + clockTime(i.DeclaredAt) + " by " + actor(i.Declared.By)
		out.line("%s, on %s", how, strings.Join(i.Declared.Criteria, ", "))
	}
	if i.Aborted != nil && i.Closed.IsZero() {
		out.parts(cell{fmt.Sprintf("aborted %s by %s: %s; nothing is invoked without a person", clockTime(i.Aborted.At), actor(i.Aborted.By), i.Aborted.Reason), warn})
	}
	for _, q := range i.Queued {
		out.parts(cell{fmt.Sprintf("%s for %s waits for its turn, ordered %s by %s", q.Playbook, q.Service, clockTime(q.At), actor(q.By)), warn}, cell{strings.Join(q.Behind, "; "), plain})
	}
	for _, n := range i.Unanswered() {
		if n.Keeper != "" {
			out.parts(cell{"no playbook is started for " + n.Service, bad}, cell{strings.Join(n.Missing, ", "), plain})
			continue
		}
		out.parts(cell{"no applicable playbook for " + n.Service, bad}, cell{strings.Join(n.Missing, ", "), plain})
	}
	printClocks(out, i)
	printReportClocks(out, i)
	if matching := playbookBranches(i.Playbooks); len(matching) > 0 && i.Closed.IsZero() {
		out.heading("Playbooks that match")
		printTree(out, "", matching)
	}
	for n, run := range i.Runs {
		if n < len(i.Status.Runs) {
			printRun(out, i, run, i.Status.Runs[n])
		}
	}
	if standing := deactivationBranches(i.Deactivation); len(standing) > 0 {
		out.heading("Standing down is recommended when all of these hold")
		printTree(out, "", standing)
	}
	printStory(out, i.Story)
}

// printText says which bia.yaml an incident is judged by; loudly, where it is not the one in force.
func printText(out *printer, digest string, older bool) {
	if older {
		out.parts(cell{"judged by the bia.yaml it was opened under (" + brief(digest) + "), which is no longer in force: `holdfast rebase INCIDENT --reason WHY` moves it over", warn})
	} else if digest != "" {
		out.parts(cell{"judged by the bia.yaml " + brief(digest), soft})
	}
}

// stopped is the instant up to which clocks run: now, or when the incident was closed.
func stopped(now, closed time.Time) time.Time {
	if closed.IsZero() {
		return now
	}
	return closed
}

func openOrClosed(i console.Incident) string {
	if i.Closed.IsZero() {
		return "open since " + clockTime(i.Opened) + ", as of " + clockTime(i.Now)
	}
	if i.InRetrospect() {
		return "found in retrospect " + clockTime(i.Closed) + ": over before anybody could decide, nobody was told"
	}
	return "opened " + clockTime(i.Opened) + ", closed " + clockTime(i.Closed)
}

func printClocks(out *printer, i console.Incident) {
	var rows [][]cell
	for _, r := range i.Recoveries {
		row := []cell{{r.Service, bold}, {"OUT", bad}, {console.Span(i.Now.Sub(r.Since)), plain}, invocation(i, r), deadline(i.Now, r)}
		if !i.Closed.IsZero() {
			row[1].text = "OUT WHEN CLOSED"
		}
		if rta, back := r.RTA(); back {
			row = []cell{{r.Service, bold}, {"BACK", good}, {console.Span(rta), plain}, {"–", plain}, {kept(r), plain}}
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		out.heading("Clocks")
		out.table([]string{"SERVICE", "STATE", "DOWN FOR", "INVOKE BY", "DEADLINE"}, rows)
	}
}

// invocation is how long is left to invoke, or what came of the run that was.
func invocation(i console.Incident, r incident.Recovery) cell {
	last, begun := console.LastRun(i.Incident, r)
	came := ""
	if begun && !last.Ended.IsZero() {
		came = " (run " + last.ID + " " + word(last.Result) + ")"
	}
	switch at := console.Invoked(i.Incident, r); {
	case !i.Closed.IsZero() && begun:
		return cell{"invoked" + came, plain}
	case !i.Closed.IsZero():
		return cell{"not invoked", plain}
	case !at.IsZero():
		return cell{"invoked", plain}
	}
	return invokeBy(i.Now, r.Clocks.LTI, time.Time{}).and(came)
}

func deadline(now time.Time, r incident.Recovery) cell {
	c := deadlineIn(now, r.Clocks.Deadline)
	if !r.Clocks.Deadline.IsZero() {
		c.text += " (" + r.Clocks.DeadlineBy + ")"
	}
	return c
}

// kept says whether a service that is back was back in time.
func kept(r incident.Recovery) string {
	switch {
	case r.Clocks.Deadline.IsZero():
		return "no objective"
	case !r.Missed.IsZero(), r.Restored.After(r.Clocks.Deadline):
		return "missed by " + console.Span(r.Restored.Sub(r.Clocks.Deadline))
	}
	return "met, " + console.Span(r.Clocks.Deadline.Sub(r.Restored)) + " to spare"
}

// printRun writes a run step by step; below a step that waits stands what to type.
func printRun(out *printer, i console.Incident, run incident.Run, status console.RunStatus) {
	state := fmt.Sprintf("%d of %d steps ended", status.Done, status.Steps)
	if run.Result != "" {
		state = word(run.Result)
	}
	out.heading("Run %s: %s for %s, %s", run.ID, run.Name, run.Service, state)
	if status.Brake != "" && status.Paused() == nil {
		out.parts(cell{"  " + status.Brake, warn})
	}
	for _, h := range status.Halts {
		out.parts(cell{"  " + h.Kind(), bad}, cell{cmp.Or(h.Step, "run "+run.ID) + " " + h.Says(), warn})
		out.parts(cell{"    " + h.Resume, soft})
	}
	if len(status.Offered) > 0 {
		out.parts(cell{"  all that it covers is back while steps are open: " + console.CommandLine(incident.VerbSkipRest, i.ID, run.ID) + " leaves out the rest", warn})
	}
	for _, b := range status.Blocked {
		out.parts(cell{"  " + b.Step + " waits:", bold}, cell{b.For, plain})
	}
	for _, line := range slices.Concat(status.ForecastLines(i.Now), status.FurtherLines()) {
		out.parts(cell{"  " + line, plain})
	}
	var rows [][]cell
	for _, s := range run.Steps {
		detail := cell{stepDetail(i.Now, s), plain}
		if status.HoldsUp(s.ID) {
			detail = cell{strings.TrimSuffix("holds everybody up, "+detail.text, ", "), warn}
		}
		rows = append(rows, []cell{{s.ID, bold}, {string(s.Phase), soft}, {string(s.Kind), soft}, stepStatus(s.Status), detail})
	}
	out.table([]string{"STEP", "PHASE", "KIND", "STATUS", ""}, rows)
	for _, w := range status.Waiting {
		out.parts(cell{"  " + w.Step + ":", bold}, cell{w.Text, plain}, cell{"– " + orDash(who(w)), plain}, cell{until(i.Now, w.Until), urgent(i.Now, w.Until)})
		printRelease(out, w.Release)
		printCommands(out, i.ID, w)
	}
}

func stepStatus(s incident.StepStatus) cell {
	c := cell{text: strings.ToUpper(word(string(s)))}
	switch s {
	case incident.Waiting, incident.Stuck, incident.Declined, incident.Given:
		c.paint = bad
	case incident.Running, incident.Retrying:
		c.paint = warn
	case incident.Done:
		c.paint = good
	case incident.Pending, incident.Skipped, incident.CalledOff:
		c.paint = soft
	}
	return c
}

// stepDetail says of a step what its status leaves open: who, how long, why.
func stepDetail(now time.Time, s incident.StepState) string {
	var parts []string
	if by := actor(s.By); by != "" {
		parts = append(parts, "by "+by)
	}
	switch {
	case s.Started.IsZero():
	case s.Ended.IsZero():
		parts = append(parts, "for "+console.Span(now.Sub(s.Started)))
	default:
		parts = append(parts, "took "+console.Span(s.Ended.Sub(s.Started)))
	}
	if s.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", s.Attempt))
	}
	if !s.Again.IsZero() {
		parts = append(parts, "again "+until(now, s.Again))
	}
	if s.Reason != "" {
		parts = append(parts, s.Reason)
	}
	if s.Held != nil {
		parts = append(parts, console.Braked("held", *s.Held))
	}
	if s.Undo != nil {
		parts = append(parts, "UNDO "+strings.ToUpper(word(string(s.Undo.Status)))+why(s.Undo.Reason))
	}
	if s.Key != "" {
		parts = append(parts, "key "+s.Key)
	}
	return strings.Join(parts, ", ")
}

// why is a reason behind what it is of.
func why(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// storyLines is how much of a story is shown; the report has all of it.
const storyLines = 15

func printStory(out *printer, story []console.Told) {
	var lines []console.Told
	for _, t := range story {
		if t.Kind != incident.KindNotified {
			lines = append(lines, t)
		}
	}
	if len(lines) == 0 {
		return
	}
	out.heading("What happened")
	if left := len(lines) - storyLines; left > 0 {
		out.parts(cell{fmt.Sprintf("… %s before; `holdfast report` has them", plural(left, "line")), soft})
		lines = lines[left:]
	}
	for _, t := range lines {
		out.parts(cell{clockTime(t.At), soft}, cell{t.Text, plain})
	}
}

// A branch is a line of a tree, and what hangs on it.
type branch struct {
	line []cell
	on   []branch
}

// leaves are plain lines.
func leaves(lines []string) []branch {
	var all []branch
	for _, l := range lines {
		all = append(all, branch{line: []cell{{l, plain}}})
	}
	return all
}

// printTree draws branches below each other.
func printTree(out *printer, stem string, branches []branch) {
	for n, b := range branches {
		fork, down := "├─", "│  "
		if n == len(branches)-1 {
			fork, down = "└─", "   "
		}
		out.parts(append([]cell{{stem + fork, soft}}, b.line...)...)
		printTree(out, stem+down, b.on)
	}
}

// printExplained draws why an incident is on its level, as a tree.
func printExplained(out *printer, e console.Explained) {
	v := e.Verdict
	judged := "as last written down " + clockTime(v.At)
	if e.Fresh {
		judged = "judged " + clockTime(e.Now)
	}
	out.parts(cell{e.Incident, bold}, level(v.Level), cell{judged, soft})
	out.line("%s", v.Explanation.Summary)
	printText(out, e.JudgedBy, e.OlderText)
	tree := []branch{{line: []cell{{"level", bold}, {e.Before(), plain}}}}
	add := func(title string, on []branch) {
		if len(on) > 0 {
			tree = append(tree, branch{line: []cell{{title, bold}}, on: on})
		}
	}
	add("scope", leaves(e.Scope()))
	add("start (t0)", leaves(e.Start()))
	add("clocks", leaves(e.Clocks()))
	add("criteria", criteriaBranches(e))
	if e.Gate != "" {
		add("not declared by itself", []branch{{line: []cell{{e.Gate, warn}}}})
	}
	add("not counted", leaves(v.Explanation.NotCounted))
	add("what would change it", leaves(v.Counterfactual()))
	add("next", leaves(nextLines(e)))
	add("playbooks", append(keptBranches(e.Kept), playbookBranches(e.Playbooks)...))
	add("standing down", deactivationBranches(e.Deactivation))
	printTree(out, "", tree)
}

// criteriaBranches are the criteria with their evidence, what is met first.
func criteriaBranches(e console.Explained) []branch {
	var all []branch
	for _, c := range e.Criteria() {
		b := branch{line: []cell{answer(c.Answer).and(":"), {c.ID, bold}, {"(" + word(c.Level.String()) + ")", soft}, {instants(stopped(e.Now, e.Closed), c), plain}}, on: leaves(c.Evidence)}
		if c.Doubt != "" {
			b.on = append(b.on, branch{line: []cell{{"people have to decide: " + c.Doubt, warn}}})
		}
		all = append(all, b)
	}
	return all
}

func nextLines(e console.Explained) []string {
	if !e.Closed.IsZero() {
		return []string{"the incident was closed at " + clockTime(e.Closed) + "; nothing changes its level any more"}
	}
	next := "the level cannot change unless something else happens"
	if at := e.Verdict.NextAt; !at.IsZero() {
		next = fmt.Sprintf("the level can change %s, at %s, if nothing else happens", until(e.Now, at), clockTime(at))
	}
	if e.Awaits != "" {
		return []string{next, "awaits: " + e.Awaits}
	}
	return []string{next}
}

// keptBranches are services for which none is started, since an incident that is not driven stands in the way.
func keptBranches(all []console.Kept) (branches []branch) {
	for _, k := range all {
		branches = append(branches, branch{line: []cell{{"none is started for " + k.Service + ":", bad}, {k.Why, plain}}})
	}
	return branches
}

// playbookBranches are playbooks with what they lack and their preconditions.
func playbookBranches(fits []console.PlaybookFit) []branch {
	var all []branch
	for _, p := range fits {
		b := branch{line: []cell{fit(p).and(":"), {p.Playbook, bold}, {p.Title, soft}}, on: leaves(p.Missing)}
		for _, c := range p.Preconditions {
			b.on = append(b.on, branch{line: []cell{precondition(c.Answer).and(":"), {cmp.Or(c.Why, c.Needs), plain}}})
		}
		all = append(all, b)
	}
	return all
}

// deactivationBranches are the criteria by which standing down is recommended.
func deactivationBranches(all []incident.Deactivation) []branch {
	var branches []branch
	for _, d := range all {
		b := branch{line: []cell{{"holds:", good}, {d.ID, bold}, {"– " + d.Text, plain}}}
		if !d.Holds {
			b = branch{line: []cell{{"does not hold:", warn}, {d.ID, bold}, {"– " + d.Text, plain}}, on: leaves([]string{d.Why})}
		}
		branches = append(branches, b)
	}
	return branches
}

// and is a cell with something behind its text.
func (c cell) and(more string) cell {
	c.text += more
	return c
}

// precondition is an answer whose "met" is good news.
func precondition(a detector.Answer) cell {
	if a == detector.Met {
		return cell{"met", good}
	}
	return cell{strings.ReplaceAll(string(a), "_", " "), warn}
}

func answer(a detector.Answer) cell {
	switch a {
	case detector.Met:
		return cell{"MET", bad}
	case detector.NotMet:
		return cell{"not met", good}
	}
	return cell{"unknown", warn}
}

func instants(now time.Time, c detector.Criterion) string {
	switch {
	case c.Answer == detector.Met && !c.MetAt.IsZero():
		return "since " + clockTime(c.MetAt)
	case !c.WouldAt.IsZero():
		return "would be met " + until(now, c.WouldAt) + " if nothing changes"
	}
	return ""
}

func fit(p console.PlaybookFit) cell {
	switch {
	case p.Running != "":
		return cell{"run " + p.Running, good}
	case p.Fits:
		return cell{"fits", good}
	}
	return cell{"does not fit", warn}
}

func word(s string) string { return strings.ReplaceAll(s, "_", " ") }

// brief is a digest short enough to read and to find.
func brief(digest string) string { return digest[:min(len(digest), 19)] }
