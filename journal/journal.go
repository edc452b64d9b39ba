// Package journal is the memory: two logs. The alert log holds what was said, raw, as it came. The log of decisions
// holds what was decided and done, as hash-chained envelopes that are appended only onto the sequence they were decided
// on. JetStream keeps both; a twin in memory keeps the same promises for tests and rehearsals.
//
// Correctness rests on the compare-and-set of [Log.Append], never on a lease: whoever decides on stale state is refused.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// An Entry is one event in an envelope; the journal does not know what it means.
type Entry struct {
	Incident string          `json:"incident,omitempty"`
	Kind     string          `json:"kind"`
	Data     json.RawMessage `json:"data"`
}

// An Envelope is one commit: one message, one fsync, however many events.
type Envelope struct {
	Version       int       `json:"v"`
	Epoch         uint64    `json:"epoch"`
	CommitID      string    `json:"commit_id"`      // unique; how an unknown outcome is recognised
	PrevSequence  uint64    `json:"prev_seq"`       // of the envelope before; 0 for the first
	PrevHash      string    `json:"prev_hash"`      // of the envelope before; empty for the first
	AlertsThrough uint64    `json:"alerts_through"` // decided with the alert log up to here
	At            time.Time `json:"at"`
	Entries       []Entry   `json:"entries"`
}

// Committed is an envelope as it stands in the log.
type Committed struct {
	Envelope
	Sequence uint64
	Hash     string // "sha256:" and hex over the bytes stored
}

// ErrConflict is the error of an append that was decided on a state that is no longer the newest: read on, decide anew.
var ErrConflict = errors.New("the log has moved on since this was decided")

// ErrBroken is the error of reading a log whose sequence or hash chain has a hole; nothing after it may be acted upon.
var ErrBroken = errors.New("the log of decisions is broken")

// A Log is the log of decisions.
type Log interface {
	// Append commits an envelope onto the head that its PrevSequence and PrevHash name. It returns ErrConflict if the
	// head is another one. An unknown outcome (a lost acknowledgement) is resolved by reading back before it returns.
	Append(ctx context.Context, e Envelope) (Committed, error)
	// Read gives every envelope after a sequence up to the head as it is when called, verified. Envelopes that are missing
	// while the chain goes on behind them come as a *Gap, after which it goes on; a chain that is broken otherwise ends it
	// with ErrBroken.
	Read(ctx context.Context, after uint64) iter.Seq2[Committed, error]
}

// A Message is one message of the alert log.
type Message struct {
	Sequence uint64
	Received time.Time // when the log stored it; the same on every replay
	Subject  string
	Header   map[string][]string
	Body     []byte
}

// Borrowed reports whether a message came by a stream of the team's own that the alert log takes in ([Options.Sources]): who may
// write there need not be able to publish on its subject here.
func (m Message) Borrowed() bool { return len(m.Header["Nats-Stream-Source"]) > 0 }

// A Hole is the error of messages of the alert log that were stored once and can no longer be read, though they have not
// reached the age at which they may expire. If they have, and nothing is stored after them, that is said in the same way:
// whoever follows the log would otherwise wait for what was there and never comes.
type Hole struct {
	From, Through uint64 // sequences
	Expired       bool   // nothing is lost: they were old enough, and they were the last
}

func (h *Hole) Error() string {
	if h.Expired {
		return fmt.Sprintf("all that is left of the alert log, messages %d to %d, has expired", h.From, h.Through)
	}
	return fmt.Sprintf("the alert log has a hole: messages %d to %d were stored and can no longer be read", h.From, h.Through)
}

// Alerts is the alert log.
type Alerts interface {
	// Publish stores a message and returns its sequence once it is on disk.
	Publish(ctx context.Context, subject string, header map[string][]string, body []byte) (uint64, error)
	// Head is the sequence of the last message stored; 0 if none.
	Head(ctx context.Context) (uint64, error)
	// Follow gives every message after a sequence, then waits for more, until ctx ends. Messages that were stored and can
	// no longer be read come as a *Hole, after which it goes on; any other error is the last thing it gives.
	Follow(ctx context.Context, after uint64) iter.Seq2[Message, error]
	// Message is one message that is stored.
	Message(ctx context.Context, sequence uint64) (Message, error)
	// Buried is the highest sequence of a message that was buried, by whichever process; 0: none.
	Buried() uint64
	// Bury keeps an unreadable message with the reason under the dead-letter subject; the same sequence once only, if
	// messages are buried in order. One that never reached the alert log has sequence 0.
	Bury(ctx context.Context, m Message, reason, detail string) error
}
