package standin

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// An Effect is one call that asked for a change, as the organisation's own books have it.
type Effect struct {
	At      time.Time `json:"at"`
	What    string    `json:"what"`
	Key     string    `json:"key"`
	Epoch   uint64    `json:"epoch"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail"`
}

// Outcome is what became of a call.
type Outcome string

const (
	Applied  Outcome = "applied"
	Repeated Outcome = "repeated" // the key was known: answered as the first time, nothing done
	Refused  Outcome = "refused"
)

// Books keep what was asked for and what came of it. Keys are remembered for ever: a key that comes again is answered
// as the first time. A call from an epoch older than one that has called before comes from a daemon that has been
// replaced, and is refused.
type Books struct {
	mu      sync.Mutex
	to      io.Writer // one JSON object a line
	answers map[string]string
	epoch   uint64
	all     []Effect
	now     func() time.Time
}

// NewBooks writes what it keeps to a file of its own as well.
func NewBooks(to io.Writer) *Books {
	return &Books{to: to, answers: map[string]string{}, now: time.Now}
}

// Effects are all the calls so far.
func (b *Books) Effects() []Effect {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Effect(nil), b.all...)
}

// settle carries a change out once per key, and writes down what came of it.
func (b *Books) settle(what, key string, epoch uint64, change func() (string, error)) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := Effect{At: b.now(), What: what, Key: key, Epoch: epoch, Outcome: Applied}
	answer, known := b.answers[key]
	var err error
	switch {
	case key == "":
		err = fmt.Errorf("a change needs a key, so that it is not made twice")
	case epoch < b.epoch:
		err = fmt.Errorf("epoch %d is over: %d has called since", epoch, b.epoch)
	case known:
		e.Outcome = Repeated
	default:
		answer, err = change()
	}
	b.epoch = max(b.epoch, epoch)
	e.Detail = answer
	if err != nil {
		e.Outcome, e.Detail = Refused, err.Error()
	} else {
		b.answers[key] = answer
	}
	b.all = append(b.all, e)
	line, marshalErr := json.Marshal(e)
	if marshalErr != nil {
		return "", marshalErr
	}
	if _, writeErr := b.to.Write(append(line, '\n')); writeErr != nil {
		return "", fmt.Errorf("keep the books: %w", writeErr)
	}
	return answer, err
}
