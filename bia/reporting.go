package bia

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/internal/source"
)

// A Reporting is a duty to report an incident to somebody by a time that a law or a contract sets. The clock is counted
// from an instant that holdfast records, so that nobody has to remember when it began (DORA article 19, NIS2 article 23).
type Reporting struct {
	Marks    source.Marks  `doc:",marks"`
	ID       string        `doc:"id"`              // what people call it, such as bafin-initial; default: To
	To       string        `doc:"to,required"`     // who is told: regulator, csirt, a customer
	What     string        `doc:"what"`            // which report, and by which rule
	Within   time.Duration `doc:"within,required"` // from From
	From     string        `doc:"from"`            // aware: the incident was opened | classified: it first reached Level | declared; default classified
	Level    string        `doc:"level"`           // incident | major_incident | disaster: the least that has to be reported; default major_incident
	Role     string        `doc:"role"`            // who reports; default: the authority
	Escalate []string      `doc:"escalate"`        // roles reminded too when half of Remind is left; default: the successors
	Remind   time.Duration `doc:"remind"`          // how long before the deadline; default: a quarter of Within
	Evidence string        `doc:"evidence"`        // required: whoever has reported says where the evidence can be found
}

// Where a reporting clock counts from, and what has to be reported.
var (
	reportingFrom   = []string{"aware", "classified", "declared"}
	reportingLevels = []string{"incident", "major_incident", "disaster"}
)

// longestReporting is the longest time to report in that is believed.
const longestReporting = 366 * 24 * time.Hour

func (d *Declaration) completeReporting() {
	for i := range d.Reporting {
		r := &d.Reporting[i]
		unwritten(r.Marks, "id", &r.ID, r.To)
		unwritten(r.Marks, "from", &r.From, "classified")
		unwritten(r.Marks, "level", &r.Level, "major_incident")
		unwritten(r.Marks, "role", &r.Role, d.Authority)
		unwritten(r.Marks, "remind", &r.Remind, r.Within/4)
		if !r.Marks.Has("escalate") {
			r.Escalate = slices.Clone(d.Successors)
		}
	}
}

func (c *checker) checkReporting() {
	seen := map[string]bool{}
	for i := range c.Declaration.Reporting {
		r := &c.Declaration.Reporting[i]
		c.word(r.Marks, "from", "bia/reporting", r.From, reportingFrom...)
		c.word(r.Marks, "level", "bia/reporting", r.Level, reportingLevels...)
		c.word(r.Marks, "evidence", "bia/reporting", r.Evidence, "required")
		at := r.Marks.Of("id")
		if !at.Written() {
			at = r.Marks.Of("to")
		}
		switch {
		case r.Marks.Has("within") && (r.Within <= 0 || r.Within > longestReporting):
			c.Errorf(r.Marks.Of("within"), "bia/reporting", "such as 4h, 24h, 72h or 30d", "a report is due within a time from now to %s", model.Duration(longestReporting))
		case r.Marks.Has("remind") && (r.Remind <= 0 || r.Remind >= r.Within):
			c.Errorf(r.Marks.Of("remind"), "bia/reporting", "leave it out: a quarter of within", "a reminder comes before the deadline, and after the clock has begun")
		case seen[r.ID]:
			c.Errorf(at, "bia/reporting", "give each an id of its own, such as regulator-initial", "there is already a report called %q", r.ID)
		case r.ID != "" && !wellNamed.MatchString(r.ID):
			c.Errorf(at, "bia/reporting", "write an id: of a-z, 0-9, - and .", "%q cannot be typed as the name of a report", r.ID)
		}
		seen[r.ID] = true
	}
}

// DocumentSchema names the words.
func (Reporting) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"from": source.Words(reportingFrom...), "level": source.Words(reportingLevels...), "evidence": source.Words("required")})
}
