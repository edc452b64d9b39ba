// Package exercise rehearses: it plays a scenario against the same desk that the daemon runs, on the clock of the
// scenario, and tells the story. Values in, values out; a day passes in milliseconds.
package exercise

import (
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/internal/source"
)

// A Scenario is what happens to a house: its documents, what monitoring and people say at which instant, and what is
// expected of holdfast. It is read by [Parse] and never changed afterwards.
type Scenario struct {
	Title     string
	Documents *incident.Documents
	Start     time.Time // what offsets count from
	End       time.Time // what happens after it is not told
	Lines     []Line    // in order of time
	Expected  []Expectation
}

// A Line is one line of the timeline. Exactly one of Alerts, Order, Machine and Reach is there.
type Line struct {
	At   time.Time
	Text string // as written, without offset and note
	Note string // what was written behind #
	Mark source.Mark

	Alerts  []alert.Alert // what monitoring says, one for each observer that says it
	Order   *Order        // what a person asks for
	Machine *Machine      // how a machine step goes, where it does not simply succeed
	Reach   *Reach        // whether messages reach somebody from now on
}

// A Reach says whether a person can be reached, by whatever channel.
type Reach struct {
	Person string
	Lost   bool
}

// An Order is what a person asks for. An empty By is the first in the authority's line at that instant.
type Order struct {
	By      string
	Command incident.Command
}

// A Machine says how one attempt of a machine step ends: the one that is under way at that instant, or else the next.
type Machine struct {
	Step   string // "fence", or "2/fence"
	Failed bool
	Reason string
}

// An Expectation is an expect line: the first instant at which the level is at least Level is Offset from the start, and
// the criterion By is among those met then; or, with Never, the level is never reached.
type Expectation struct {
	Mark   source.Mark
	Level  detector.Level
	Never  bool
	Offset time.Duration
	By     string // empty: whatever criterion
}
