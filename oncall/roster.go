// Package oncall is the people: roles, rotas, succession, and who may do what. It reads people.yaml. Values in, values out.
package oncall

import (
	"time"

	"holdfast/internal/source"
)

// A Roster is a whole people.yaml. It is read by [Parse] and never changed afterwards.
type Roster struct {
	Marks     source.Marks         `doc:",marks"`
	People    map[string]*Person   `doc:"people,required"`
	Roles     map[string]*Role     `doc:"roles,required"`
	Calendars map[string]*Calendar `doc:"calendars"` // of days on which a duty falls to somebody else
	Digest    string               // "sha256:" and hex of the text
}

// A Person is somebody who can be told, and can answer. The journal knows a person by ID alone.
type Person struct {
	Marks    source.Marks `doc:",marks"`
	ID       string       `doc:",key"`
	Name     string       `doc:"name"`
	Channels []Channel    `doc:"channels"`   // in order; the second through another provider
	Token    string       `doc:"token_hash"` // "sha256:" and hex of the token; made by `holdfast people token`
	Deputy   *Deputy      `doc:"deputy"`     // acts for them while they are away
	Absences []Absence    `doc:"absences"`   // when they are not to be asked
}

// A Deputy acts for a person: in their place in every line while they are absent and, with AfterEscalation, beside them
// once a step that waits for their role has escalated. While a deputy is absent too, it is the deputy's own deputy.
type Deputy struct {
	Marks           source.Marks `doc:",marks"`
	Person          string       `doc:"person,required"`
	AfterEscalation bool         `doc:"after_escalation"`
}

// An Absence is a time in which a person is passed over. It keeps them from being asked, not from acting. A date is its
// midnight in UTC, as everywhere in people.yaml.
type Absence struct {
	Marks source.Marks `doc:",marks"`
	From  time.Time    `doc:"from,required"`
	To    time.Time    `doc:"to,required"`
}

// A Channel is one way to reach a person; exactly one key is written.
type Channel struct {
	Marks   source.Marks `doc:",marks"`
	Log     bool         `doc:"log"`     // a line in the daemon's log: for exercises and first steps
	Webhook string       `doc:"webhook"` // a URL that holdfast.yaml allow-lists; gets JSON by POST
}

// A Role is a duty. Its holders are a fixed list in line of succession, or a rotation.
type Role struct {
	Marks    source.Marks `doc:",marks"`
	ID       string       `doc:",key"`
	People   []string     `doc:"people"`   // in line of succession
	Rotation *Rotation    `doc:"rotation"` // or: turn by turn
	Holidays *Holidays    `doc:"holidays"` // days on which somebody else comes first
}

// Holidays move a duty on the days of a calendar: to StandIn, or where nobody is named to the next in line.
type Holidays struct {
	Marks    source.Marks `doc:",marks"`
	Calendar string       `doc:"calendar,required"`
	StandIn  string       `doc:"stand_in"`
}

// A Calendar is a list of whole days, from midnight to midnight as the clocks of Zone show it.
type Calendar struct {
	Marks source.Marks `doc:",marks"`
	ID    string       `doc:",key"`
	Zone  string       `doc:"zone"` // IANA; default UTC
	Days  []time.Time  `doc:"days,required"`

	zone *time.Location // Zone and
	days []int          // Days (since 1970, in order), as Parse read them
}

// A Rotation hands a duty over from person to person; the line of succession starts with who is on duty.
type Rotation struct {
	Marks     source.Marks  `doc:",marks"`
	People    []string      `doc:"people,required"`
	Zone      string        `doc:"zone"`     // IANA; default UTC
	Start     time.Time     `doc:"start"`    // local date on which the first of People takes over; must be written
	Handover  string        `doc:"handover"` // "09:00", local; default 09:00
	Every     time.Duration `doc:"every"`    // whole days; default 7d
	Overrides []Override    `doc:"overrides"`

	zone     *time.Location // Zone and
	handover int            // Handover (minutes after midnight), as Parse read them
}

// An Override puts somebody else on duty for a while.
type Override struct {
	Marks  source.Marks `doc:",marks"`
	Person string       `doc:"person,required"`
	From   time.Time    `doc:"from,required"`
	To     time.Time    `doc:"to,required"`
}
