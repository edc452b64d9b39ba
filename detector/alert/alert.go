// Package alert reads what monitoring says: bytes in, alerts out. One file a format; every decoder is strict, bounded
// and fuzzed. Values in, values out.
package alert

import (
	"fmt"
	"time"
)

// Status is what an alert says of itself.
type Status string

const (
	Firing   Status = "firing"
	Resolved Status = "resolved"
	Unknown  Status = "unknown" // a third state: no data, insufficient data, flapping; never taken for up
)

// An Alert is one statement of one observer.
//
// Labels are hostile text: they select by matching and name by lookup, and never become syntax. These labels have a
// meaning of their own where no signal of bia.yaml maps the alert: component, site, data or service names what is
// affected; effect says how (down, degraded, up, unknown; lost, impaired, ok; …); observer says who speaks.
type Alert struct {
	Status      Status
	Labels      Labels
	Annotations Labels
	StartsAt    time.Time // the sender's own time of the state; zero if it gave none
	EndsAt      time.Time // the sender's own time of the resolve; zero if none
	Fingerprint string    // the sender's own identity of the alert; may be empty
	Sequence    uint64    // the sender's own sequence; 0 if it has none
	Signer      string    // the observer whose signature its message bears, once that was checked; empty: none
	Vouched     bool      // its sender may say what takes a right; set where an exercise speaks for such a sender, and by no format
}

// At is the sender's own time of what the alert says: the end of a resolved one, else its start; zero if it gave none.
func (a Alert) At() time.Time {
	if a.Status == Resolved && !a.EndsAt.IsZero() {
		return a.EndsAt
	}
	return a.StartsAt
}

// A Batch is one message as its sender put it together.
type Batch struct {
	Format    string // "alertmanager", "holdfast", …; of messages within each other the innermost
	Alerts    []Alert
	Truncated int // alerts that the sender left out and counted

	// Body is the message itself, for a [Mapping] to read, also where no format could; nil where there is none, or only its
	// beginning was kept.
	Body []byte
	// Lengths are those of the bodies that Body holds one after the other; nil: it is one.
	Lengths []int

	Signature Signature // what it says of who signed it
}

// Reason is why a message could not be read; a closed set, fit for a metric label.
type Reason string

const (
	TooLarge     Reason = "too_large"
	NotUTF8      Reason = "not_utf8"
	NotJSON      Reason = "not_json"
	TooDeep      Reason = "too_deep"
	TooMany      Reason = "too_many_tokens"
	DuplicateKey Reason = "duplicate_key" // the same key twice, also if only the case differs
	NotANumber   Reason = "not_a_number"  // NaN, infinities, out of range
	UnknownForm  Reason = "unknown_format"
	Malformed    Reason = "malformed" // a known format, a field that cannot be
)

// Unreadable is the error of a message that no format accepts. It is dead-lettered with its reason and never retried.
type Unreadable struct {
	Reason Reason
	Detail string // what and where, in words; quotes no more than a few bytes of the message
}

func (u *Unreadable) Error() string {
	return fmt.Sprintf("unreadable alert (%s): %s", u.Reason, u.Detail)
}

// An Unread is a message of the alert log that nobody could read.
type Unread struct {
	Sequence uint64 // in the alert log
	Subject  string
	Why      Unreadable
}

// Limits of one message (reliability rows 23 and 24).
const (
	MaxMessage = 1 << 20 // bytes
	MaxDepth   = 16
	MaxTokens  = 1024 // per alert; and as many for everything around the alerts
	MaxAlerts  = 1 << 14
)
