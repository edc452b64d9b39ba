package invoker

import (
	"errors"
	"fmt"
	"slices"

	"holdfast/incident"
	"holdfast/journal"
)

// Kept is what the desk of one life had heard of the alert log, for the next life on the same logs: it applies all records
// as ever, and hears only what has come since.
type Kept struct {
	Sequence uint64         // the newest envelope that was folded
	Hash     string         // and its hash, which stands for all before it
	Heard    uint64         // the newest message that was heard
	Gaps     []incident.Gap // in the log up to that envelope, all of them adopted
	Written  []byte         // all that was heard, for whoever keeps it; not needed by a life that begins with it

	// Desk is that, made out: one of its own for each life. The error says why it is good for nothing.
	Desk func() (*incident.Recollected, error)
}

// ErrKept is the error of a life that was begun with what another one had kept, and cannot rest on it. A new one without it
// has to begin.
var ErrKept = errors.New("what was kept of what the desk had heard cannot be relied upon")

// Keep is what the desk has heard by now. There is nothing to keep before this instance has read the log, while it keeps its
// hands off, while the log has a gap that nobody has adopted, or while something about the alerts is in doubt that is not in the
// log yet: a new life would not see it again.
// It holds up everybody for as long as it takes to write down what was heard: with a million alerts, a few tenths of a second.
func (v *Invoker) Keep() (k Kept, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.status
	doubted := slices.ContainsFunc(v.doubts, func(d incident.Disarmed) bool { return !v.told[d.Reason] })
	if !s.Live && s.Standby == nil || s.HandsOff != "" || s.Gap != "" || doubted || v.kept != nil {
		return k, false
	}
	written, ok := v.desk.Recollection()
	return Kept{Sequence: v.head.sequence, Hash: v.head.hash, Heard: v.heardTo, Gaps: slices.Clone(v.gaps), Written: written,
		Desk: func() (*incident.Recollected, error) { return incident.MakeOut(written) }}, ok
}

// remember puts what was kept in the place of what would have been heard up to an envelope, once that is folded.
func (v *Invoker) remember(c journal.Committed) error {
	k := v.kept
	if k == nil || c.Sequence < k.Sequence {
		return nil
	}
	if c.Hash != k.Hash || c.Sequence > k.Sequence {
		return unreliable(fmt.Errorf("envelope %d is another one than it was kept with", k.Sequence))
	}
	if !slices.Equal(v.gaps, k.Gaps) { // somebody has put back what was missing: it may have said how to read what was heard
		return unreliable(fmt.Errorf("the log has the gaps %v up to envelope %d, and it was kept with %v", v.gaps, k.Sequence, k.Gaps))
	}
	heard, err := k.Desk()
	if err != nil {
		return unreliable(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.desk.Recall(heard); err != nil {
		return unreliable(err)
	}
	v.kept, v.status.Recalled = nil, k.Heard
	return nil
}

// foresees reports whether a gap in the log was there, and adopted, when something was kept.
func (k *Kept) foresees(gap incident.Gap) bool { return slices.Contains(k.Gaps, gap) }

// unreliable is why what was kept is not to be used.
func unreliable(why error) error { return fmt.Errorf("%w: %w: %w", ErrAnew, ErrKept, why) }
