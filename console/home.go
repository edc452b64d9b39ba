package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/oncall"
)

// homeView is the first page: what is open, and what you must do now.
type homeView struct {
	frame
	Tasks      []task
	Status     Status
	Trouble    []Check // readiness checks that do not hold
	Wrong      string  // why the documents could not be read anew
	Received   []count
	Unreadable []count
}

// A task is something that the person who looks is asked for.
type task struct {
	What  string
	Where string
	Link  string
	Until time.Time
}

type count struct {
	Name  string
	Count uint64
}

func (c *console) homePage(w http.ResponseWriter, r *http.Request) {
	person, _ := c.person(r)
	checks := c.checks()
	c.page(w, http.StatusOK, "home", func(_ *incident.Desk, s sight) any {
		view := homeView{Wrong: c.wrong(), frame: c.frame(r, "Status"), Status: statusOf(s), Tasks: tasksOf(s, person, append(s.open(), s.underExercise()...)...)}
		view.Refresh, view.Organisation = refresh, view.Status.Organisation
		for _, check := range checks {
			if !check.OK {
				view.Trouble = append(view.Trouble, check)
			}
		}
		view.Received, view.Unreadable = counted(view.Status.Counts.Received), counted(view.Status.Counts.Unreadable)
		return view
	})
}

// page answers with a page drawn of the desk, while the desk is looked at.
func (c *console) page(w http.ResponseWriter, status int, name string, view func(*incident.Desk, sight) any) {
	var body []byte
	var err error
	c.look(func(d *incident.Desk, s sight) {
		v := view(d, s)
		if refused, ok := v.(troubleView); ok {
			name, status = "trouble", refused.Problem.Status
		}
		body, err = c.pages.render(name, v)
	})
	if err != nil {
		writeProblem(w, Problem{Type: "crashed", Status: http.StatusInternalServerError, Detail: "the page cannot be drawn: " + err.Error()})
		return
	}
	c.pages.send(w, status, body)
}

// troubleView is the page of something that is not there, or did not work.
type troubleView struct {
	frame
	Problem Problem
}

// tasksOf are the steps and decisions of incidents that a person can act on now.
func tasksOf(s sight, person *oncall.Person, incidents ...incident.Incident) []task {
	var tasks []task
	for _, i := range incidents {
		status := incidentStatus(s, i)
		if status.Awaits != "" && holdsAuthority(s, person) {
			tasks = append(tasks, task{What: status.Awaits, Where: i.ID, Link: "/incidents/" + url.PathEscape(i.ID), Until: status.LTI})
		}
		for _, run := range status.Runs {
			for _, step := range run.Waiting {
				if person != nil && slices.Contains(step.Who, person.ID) {
					tasks = append(tasks, task{What: marked(i) + step.Text, Where: i.ID + " " + step.Step, Link: stepLink(i.ID, step.Step), Until: step.Until})
				}
			}
		}
	}
	return tasks
}

// marked is what every text about an exercise begins with.
func marked(i incident.Incident) string {
	if i.Exercise == "" {
		return ""
	}
	return "EXERCISE (" + string(i.Exercise) + "): "
}

// holdsAuthority reports whether a person may declare, stand down, decline.
func holdsAuthority(s sight, person *oncall.Person) bool {
	for _, role := range s.authority() {
		if s.holds(person, role) {
			return true
		}
	}
	return false
}

func stepLink(incident, step string) string {
	return "/incidents/" + url.PathEscape(incident) + "?step=" + url.QueryEscape(step)
}

func counted[K ~string](m map[K]uint64) []count {
	var counts []count
	for _, k := range sorted(m) {
		name := string(k)
		if name == "" {
			name = "nobody known"
		}
		counts = append(counts, count{Name: name, Count: m[k]})
	}
	return counts
}
