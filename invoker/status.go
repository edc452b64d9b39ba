package invoker

import (
	"errors"
	"fmt"
	"time"

	"holdfast/journal"
)

// Status is how the invoker itself is; how the incidents are is the desk's to say.
type Status struct {
	Instance string `json:"instance"`
	Epoch    uint64 `json:"epoch"`            // its own; 0 before it took over
	Shadow   bool   `json:"shadow,omitempty"` // it judges and records, and does nothing
	Live     bool   `json:"live"`             // caught up, and took over

	Standby *journal.Holder `json:"standby,omitempty"` // it stands by, warm, and this is who is in charge

	HandsOff  string `json:"hands_off,omitempty"` // why it decides nothing until somebody has looked; empty: it decides
	Gap       string `json:"gap,omitempty"`       // what is missing from the journal, which goes on behind it; empty: nothing
	Successor string `json:"successor,omitempty"` // the instance that took over from it

	Head          uint64 `json:"head"`           // newest envelope read or written
	AlertsThrough uint64 `json:"alerts_through"` // newest alert heard
	CaughtUp      bool   `json:"caught_up"`      // no alert that was waiting is left

	StartTook time.Duration `json:"start_took,omitempty"` // from the beginning of the logs until it was in charge, or stood by
	Recalled  uint64        `json:"recalled,omitempty"`   // messages up to here were not heard anew: what they said was kept

	ClockBehind time.Duration `json:"clock_behind,omitempty"` // how far the wall clock is behind the journal; deadlines wait for it

	AppendTook   time.Duration `json:"append_took"`             // the last append that went well
	Appending    time.Time     `json:"appending,omitzero"`      // since when an append is under way
	JournalError string        `json:"journal_error,omitempty"` // why the journal cannot be used; empty: it can
	JournalSince time.Time     `json:"journal_since,omitzero"`  // since when

	InFlight []InFlight `json:"in_flight"`
}

// InFlight is an effect that is being carried out.
type InFlight struct {
	Key      string    `json:"key"`
	Incident string    `json:"incident"`
	Step     string    `json:"step,omitempty"` // empty: a notice
	Attempt  int       `json:"attempt"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"`
}

// Status is how the invoker is now.
func (v *Invoker) Status() Status {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.status
	s.InFlight = v.flights.inFlight()
	return s
}

// standing is the same without what is under way, which nobody counts who only asks whether it may decide.
func (v *Invoker) standing() Status {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.status
}

// slowAppend is how long an append may take before the daemon is no longer called ready.
const slowAppend = 2 * time.Second

// Ready says why this instance cannot decide and record now, and what to do; nil: it can, or could at once if who is in
// charge were gone.
func (v *Invoker) Ready() error {
	s := v.standing()
	if err := v.unable(); err != nil && (s.Standby == nil || s.HandsOff != "") {
		return err
	}
	switch {
	case s.JournalError != "":
		return fmt.Errorf("the journal cannot be used since %s: %s; nothing is decided until it can: look at the NATS server and its disk",
			s.JournalSince.Format(time.RFC3339), s.JournalError)
	case !s.Appending.IsZero() && v.stage.Now().Sub(s.Appending) > slowAppend:
		return errors.New("the journal is slow: an append has taken more than 2s; look at the NATS server and its disk")
	case s.ClockBehind > 0:
		return fmt.Errorf("this machine's clock is %s behind the journal: deadlines wait until it has caught up; check NTP",
			s.ClockBehind.Round(time.Second))
	case !s.CaughtUp:
		return fmt.Errorf("a backlog of alerts is being heard (at message %d): nothing is decided until it is worked off", s.AlertsThrough)
	}
	return nil
}

// unable says why nothing can be decided by this instance however long one waits for the journal.
func (v *Invoker) unable() error {
	s := v.standing()
	switch {
	case s.HandsOff != "":
		return fmt.Errorf("hands off: %s; incidents are shown and not driven: restore the journal from its mirror or backup and start again", s.HandsOff)
	case s.Successor != "":
		return fmt.Errorf("instance %s has taken over, this one (%s) only watches: ask that one, and stop this one", s.Successor, s.Instance)
	case s.Standby != nil:
		return standingBy(*s.Standby)
	case !s.Live && s.JournalError != "":
		return fmt.Errorf("the journal cannot be read since %s: %s", s.JournalSince.Format(time.RFC3339), s.JournalError)
	case !s.Live:
		return fmt.Errorf("the journal is still being read (at envelope %d, alert %d): try again in a moment", s.Head, s.AlertsThrough)
	}
	return nil
}

// idle reports whether this instance may not decide.
func (v *Invoker) idle() bool { return v.status.HandsOff != "" || v.status.Successor != "" }

func (v *Invoker) note(change func(*Status)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change(&v.status)
}

// handsOff ends deciding for good.
func (v *Invoker) handsOff(why error) {
	v.note(func(s *Status) { s.HandsOff = why.Error() })
	v.recall()
	v.cfg.Logger.Error().Err(why).Msg("hands off: incidents are shown and not driven")
}

// journalFails notes why the journal cannot be used, and says it once.
func (v *Invoker) journalFails(err error) {
	first := v.status.JournalError == ""
	v.note(func(s *Status) {
		s.JournalError = err.Error()
		if first {
			s.JournalSince = v.cfg.Now().UTC()
		}
	})
	if first {
		v.cfg.Logger.Error().Err(err).Msg("the journal cannot be used; nothing is decided and nothing started until it can")
	}
}

func (v *Invoker) journalWorks() {
	if v.status.JournalError == "" {
		return
	}
	down := v.cfg.Now().Sub(v.status.JournalSince)
	v.note(func(s *Status) { s.JournalError, s.JournalSince = "", time.Time{} })
	v.cfg.Logger.Info().Dur("down", down).Msg("the journal can be used again")
}
