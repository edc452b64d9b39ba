package console

import (
	"time"

	"holdfast/incident"
)

var (
	reportingDesc       = desc("reporting_remaining_seconds", "Seconds left until a report that is still to be made is due, of each duty the most urgent; negative once it is missed.", "report")
	reportingMissedDesc = desc("reporting_missed_total", "Reports that nobody had said by their deadline to have made.", "report")
)

// OwedReport is a report that has still to be made to somebody outside, of an incident that goes on or is over.
type OwedReport struct {
	Incident string    `json:"incident"`
	Report   string    `json:"report"`
	To       string    `json:"to"`
	What     string    `json:"what,omitempty"`
	Role     string    `json:"role"`
	Who      []string  `json:"who,omitempty"` // who can make it, who is on duty first
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline"`
	Missed   time.Time `json:"missed,omitzero"`
	Evidence bool      `json:"evidence,omitempty"` // it has to be said where the evidence is
}

// owed are the reports that have still to be made, of whatever incident.
func (s sight) owed() (all []OwedReport) {
	for i := range s.incidents() {
		for _, c := range i.Reports {
			if c.Open() {
				all = append(all, OwedReport{Incident: i.ID, Report: c.Report, To: c.To, What: c.What, Role: c.Role, Who: s.line(c.Role),
					Since: c.Since, Deadline: c.Deadline, Missed: c.Missed, Evidence: c.Evidence})
			}
		}
	}
	return all
}

// CommandLine is what one would type once it was made.
func (o OwedReport) CommandLine() string {
	line := CommandLine(incident.VerbReported, o.Incident, o.Report)
	if o.Evidence {
		line += ` --evidence "…"`
	}
	return line
}

// reportView is a report that has still to be made, and the two orders that settle it.
type reportView struct {
	OwedReport
	Orders []orderView
}

func reportViews(s sight, id string) (views []reportView) {
	for _, o := range s.owed() {
		if o.Incident != id {
			continue
		}
		views = append(views, reportView{o, []orderView{
			{Verb: incident.VerbReported, Label: o.Report + " was made", Command: o.CommandLine(), Report: o.Report, Evidence: o.Evidence},
			{Verb: incident.VerbReported, Label: o.Report + " need not be made", Command: CommandLine(incident.VerbReported, id, o.Report, "--not-required", `--reason "…"`), Report: o.Report, Over: true},
		}})
	}
	return views
}

// reports are the statutory clocks that run: of each duty the most urgent.
func (m *reading) reports(s sight) {
	left := map[string]float64{}
	for _, o := range s.owed() {
		seconds := o.Deadline.Sub(s.now).Seconds()
		if other, twice := left[o.Report]; !twice || seconds < other {
			left[o.Report] = seconds
		}
	}
	for _, report := range sorted(left) {
		m.gauge(reportingDesc, left[report], report)
	}
	late := map[string]float64{}
	if s.documents != nil {
		for _, r := range s.documents.BIA.Declaration.Reporting {
			late[r.ID] = 0
		}
	}
	for i := range s.incidents() {
		for _, c := range i.Reports {
			if !c.Missed.IsZero() {
				late[c.Report]++
			}
		}
	}
	for _, report := range sorted(late) {
		m.counter(reportingMissedDesc, late[report], report)
	}
}
