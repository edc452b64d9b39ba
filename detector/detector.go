// Package detector turns alerts into a verdict: which services are down, since when, how bad that is by the business
// impact analysis, and by when somebody has to decide. It is pure: the same alerts and the same analysis give the same
// verdict, byte for byte, at any speed and any number of times.
package detector

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"holdfast/bia"
	"holdfast/bia/condition"
)

// Level is how bad an incident is. Levels are ordered.
type Level int

const (
	Event         Level = iota // a component's state; no incident record
	Impaired                   // "incident": a service is impaired
	MajorIncident              // a vital service is lost or long degraded
	Disaster                   // the continuity plan is for this
)

var levelNames = [...]string{"event", "incident", "major_incident", "disaster"}

func (l Level) String() string { return levelNames[l] }

// ParseLevel reads a level's name.
func ParseLevel(s string) (Level, error) {
	for l, name := range levelNames {
		if name == s {
			return Level(l), nil
		}
	}
	return 0, fmt.Errorf("unknown level %q", s)
}

// MarshalText writes the level's name; a level is persisted by name, never by number.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the level's name.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}

// State is the state of a component or service.
type State string

const (
	Up       State = "up"
	Degraded State = "degraded"
	Down     State = "down"    // below MBCO
	Unknown  State = "unknown" // nobody can see it; services are judged both ways
)

// A Verdict is the detector's answer for one situation: services whose outages belong together. It carries all that the
// next stage needs, as it was when it was given.
type Verdict struct {
	Key         string      `json:"key"`                // names the situation for as long as it is open
	Absorbed    []string    `json:"absorbed,omitempty"` // keys of situations that were merged into this one
	At          time.Time   `json:"at"`
	Level       Level       `json:"level"`    // the highest reached in an outage that has not ended; when all have, the highest reached
	Previous    Level       `json:"previous"` // of the verdict before
	Current     Level       `json:"current"`  // what holds at this instant, which may have fallen
	Since       time.Time   `json:"since"`    // t0: the earliest start among its services
	Open        bool        `json:"open"`     // false: every outage ended
	Services    []Outage    `json:"services"`
	Roots       []string    `json:"roots"` // components whose loss explains it, sorted
	Lost        []string    `json:"lost"`  // failure domains lost, sorted
	Explanation Explanation `json:"explanation"`
	NextAt      time.Time   `json:"next_at,omitzero"` // when the level can change if nothing else happens; zero: never
}

// MetCriteria are the ids of the criteria met for the verdict's current level or above, sorted.
func (v Verdict) MetCriteria() []string {
	var ids []string
	for _, c := range v.Explanation.Criteria {
		if c.Answer == Met {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// An Outage is one service in a verdict.
type Outage struct {
	Service      string         `json:"service"`
	State        State          `json:"state"`              // now; Down only if certainly so
	Since        time.Time      `json:"since"`              // t0 of its episode; zero while it was never below MBCO
	StartBy      string         `json:"start_by,omitempty"` // by whose word it began then, earlier than monitoring shows; empty: nobody's
	Confirmed    time.Time      `json:"confirmed,omitzero"` // when its outage was first confirmed; zero: not yet
	ConfirmedNow bool           `json:"confirmed_now"`      // confirmed at this instant (domain section 5)
	UpSince      time.Time      `json:"up_since,omitzero"`  // start of the present period at or above MBCO; zero while below
	Recovered    bool           `json:"recovered"`          // its episode has ended
	Objectives   bia.Objectives `json:"objectives"`
	Clocks       bia.Clocks     `json:"clocks"`
}

// Answer is whether a criterion holds.
type Answer string

const (
	Met        Answer = "met"
	NotMet     Answer = "not_met"
	CannotTell Answer = "unknown"
)

// An Explanation says why the level is what it is, in a form that people, pages and programs can read.
type Explanation struct {
	Summary    string      `json:"summary"`         // one sentence
	Origin     Origin      `json:"origin,omitzero"` // where t0 comes from
	Criteria   []Criterion `json:"criteria"`
	NotCounted []string    `json:"not_counted,omitempty"` // what was seen and not counted, and why
	Changes    []Change    `json:"changes,omitempty"`     // the counterfactual: what single change would flip it
	Unless     string      `json:"unless,omitempty"`      // the same, in a sentence
}

// A Criterion is one rule of the decision function with its answer for this situation.
type Criterion struct {
	ID       string    `json:"id"`
	Level    Level     `json:"level"`
	Answer   Answer    `json:"answer"`
	Evidence []string  `json:"evidence"` // sentences with ids, instants and durations
	Services []string  `json:"services,omitempty"`
	Doubt    string    `json:"doubt,omitempty"`   // why it may only be recommended, whatever was delegated; empty: it may be acted on
	MetAt    time.Time `json:"met_at,omitzero"`   // first instant it held in this situation
	WouldAt  time.Time `json:"would_at,omitzero"` // when it will hold if nothing changes
}

// Facts are what playbooks and the forecast may ask about the present; the Detector answers them.
type Facts interface {
	ComponentState(id string) State
	ServiceState(id string) ServiceState
	DomainLost(id string) bool
	RecoveryPoint(data string) (time.Time, bool)
	// RecoveryPointBy is the newest one that is not later than an instant.
	RecoveryPointBy(data string, by time.Time) (time.Time, bool)
	// Compromised reports whether anybody says that somebody has tampered with data.
	Compromised(data string) bool
	// Unsigned is why what is said of a component, service or site does not rest on signatures; empty: it does.
	Unsigned(id string) string
	// Unseen is why no probe of holdfast's own sees that a component, or a service as a whole, is down; empty: one does.
	Unseen(id string) string
	// Alone is why that a failure domain is lost rests on one voice alone; empty: it does not, or is not lost.
	Alone(domain string) string
	// Doubt is why a component that counts as up may not be; empty: nothing says so.
	Doubt(component string) string
	// Disputed reports whether some say that a component is worse than it counts as.
	Disputed(component string) bool
	// Ask is what a condition comes to, and the first instant after this one at which it holds, or no longer does, if nothing
	// else happens; zero: never. What it asks about beside the world is answered by others, which may be nil.
	Ask(c *condition.Condition, others condition.Facts) (Reply, time.Time)
}

// A Reply is what a condition comes to, every unknown taken as up and as down.
type Reply struct {
	Holds  bool   // both ways
	Unsure bool   // it does one way only, or cannot be answered
	Why    string // it is unsure
}

// ServiceState is a service's state and since when it is so.
type ServiceState struct {
	State State     `json:"state"`
	Since time.Time `json:"since"`
}

// Heard counts what came in; it is part of the state, so a restart counts the same.
type Heard struct {
	Received map[string]uint64 `json:"received"` // alerts by observer ("" where nobody owned up)
	Unmapped uint64            `json:"unmapped"`
	Suspect  uint64            `json:"clock_suspect"`
	Samples  []json.RawMessage `json:"unmapped_samples,omitempty"` // label sets of the last few unmapped alerts

	Misattributed map[string]uint64 `json:"misattributed,omitempty"`      // alerts that came where the observer that they claim to be of does not speak, by observer
	Strays        []Stray           `json:"misattributed_last,omitempty"` // the last few of them
}

// A Stray is an alert that claims to be of an observer, and came on a subject that is not that observer's (speaks_on).
type Stray struct {
	Observer string          `json:"observer"`
	Subject  string          `json:"subject"`
	At       time.Time       `json:"at"`
	Labels   json.RawMessage `json:"labels"`
}
