package invoker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/planted"
	"holdfast/journal"
)

// Waits around the journal.
const (
	appendPatience = 5 * time.Second // for one append, before the loop looks whether it is in the log
	firstPause     = 100 * time.Millisecond
	longestPause   = 5 * time.Second
)

// A decision is what the desk decides at an instant. It is asked anew when the log has moved on in the meantime.
type decision func(now time.Time) ([]incident.Change, error)

// commit brings a decision into the journal, and then to the desk; only that makes it true. It does not give up while
// the journal is out of reach: nothing is applied and no effect is started until then, and the decision is made anew
// for every attempt, on what the log says by then.
//
// Its error is the decision's own, or that this instance may not (any longer) decide.
func (v *Invoker) commit(ctx context.Context, decide decision) ([]incident.Change, error) {
	defer func() { v.attempts, v.landed = nil, nil }()
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		if v.idle() { // nor what it decided before it was relieved
			return nil, v.unable()
		}
		v.mu.Lock()
		now := v.now()
		v.entries = nil
		changes, err := decide(now)
		if planted.Is(planted.DecidedOnce) && len(v.attempts) > 0 {
			changes, v.entries, err = v.attempts[0].changes, nil, nil
		}
		v.mu.Unlock()
		if err != nil || len(changes) == 0 {
			return nil, err
		}
		failpoint.Hit("invoker/decided", leading(changes))
		e, err := v.envelope(now, changes)
		if err != nil {
			return nil, err
		}
		committed, err := v.append(ctx, e)
		switch {
		case err == nil:
			failpoint.Hit("invoker/committed", leading(changes))
			v.record(committed)
			err := v.fold(committed)
			failpoint.Hit("invoker/folded", leading(changes))
			return changes, err
		case errors.Is(err, journal.ErrTooLarge):
			return nil, err
		}
		v.attempts = append(v.attempts, attempt{e.CommitID, changes})
		if err := v.lookBack(ctx, wait); err != nil {
			return nil, err
		}
		if v.landed != nil {
			return v.landed.changes, nil
		}
	}
}

// leading is the kind of the first event of a commit.
func leading(changes []incident.Change) string { return string(changes[0].Event.Kind()) }

// record says what this instance has committed; a replay says nothing.
func (v *Invoker) record(c journal.Committed) {
	for _, entry := range c.Entries {
		v.cfg.Logger.Info().Uint64("envelope", c.Sequence).Str("incident", entry.Incident).Str("kind", entry.Kind).Msg("recorded")
	}
}

// An attempt is an append that was not acknowledged. It may stand in the log all the same, now or when a late message
// arrives; it is known by its commit id.
type attempt struct {
	id      string
	changes []incident.Change
}

// lookBack reads what the log holds after an append that did not go through, and waits if that is nothing new.
func (v *Invoker) lookBack(ctx context.Context, wait time.Duration) error {
	failpoint.Hit("invoker/looking-back")
	before := v.head
	if err := v.insist(ctx, v.readOn); err != nil {
		return err
	}
	switch {
	case v.idle():
		return v.unable()
	case v.head == before:
		return v.pause(ctx, wait)
	}
	return nil
}

func (v *Invoker) envelope(now time.Time, changes []incident.Change) (journal.Envelope, error) {
	e := journal.Envelope{
		Version:       journal.FormatVersion,
		Epoch:         v.status.Epoch,
		CommitID:      v.cfg.CommitID(),
		PrevSequence:  v.head.sequence,
		PrevHash:      v.head.hash,
		AlertsThrough: v.desk.AlertsThrough(),
		At:            now,
	}
	e.Entries = v.entries
	for n, c := range changes {
		if n == len(e.Entries) {
			entry, err := entryOf(c)
			if err != nil {
				return e, fmt.Errorf("commit: %w", err)
			}
			e.Entries = append(e.Entries, entry)
		}
		if took, ok := c.Event.(incident.TookOver); ok {
			e.Epoch = took.Epoch
		}
	}
	return e, nil
}

func (v *Invoker) append(ctx context.Context, e journal.Envelope) (journal.Committed, error) {
	ctx, cancel := v.stage.Timeout(ctx, appendPatience)
	defer cancel()
	start := v.stage.Now()
	v.note(func(s *Status) { s.Appending = start })
	committed, err := v.cfg.Log.Append(ctx, e)
	if planted.Is(planted.LostIsStored) && errors.Is(err, journal.ErrUnknown) {
		committed, err = journal.Committed{Envelope: e, Sequence: e.PrevSequence + 1, Hash: e.CommitID}, nil
	}
	took := v.stage.Now().Sub(start)
	v.note(func(s *Status) { s.Appending = time.Time{} })
	switch {
	case err == nil:
		if v.current() {
			v.looked = v.stage.Now()
		}
		v.note(func(s *Status) { s.AppendTook, v.contact = took, v.stage.Now() })
		v.journalWorks()
	case !errors.Is(err, journal.ErrConflict) && !errors.Is(err, journal.ErrTooLarge):
		v.blind = false
		v.journalFails(err)
	}
	return committed, err
}

// fold applies a committed envelope, live as on replay: what the desk gets is what was read from the bytes stored.
func (v *Invoker) fold(c journal.Committed) error {
	r := reading{Committed: c}
	r.decode(incident.Decode)
	return v.apply(r)
}

func (v *Invoker) apply(c reading) error {
	if c.err != nil {
		return c.err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, event := range c.events {
		v.desk.Apply(incident.Record{Sequence: c.Sequence, Hash: c.Hash, At: c.At, Incident: c.Entries[i].Incident, Event: event})
		v.notice(event)
	}
	v.head = link{c.Sequence, c.Hash}
	v.status.Head = c.Sequence
	if c.At.After(v.last) {
		v.last = c.At
	}
	for i := range v.attempts {
		if v.attempts[i].id == c.CommitID {
			v.landed = &v.attempts[i]
		}
	}
	return nil
}

// notice is what the invoker itself has to know of what was committed.
func (v *Invoker) notice(event incident.Event) {
	switch e := event.(type) {
	case incident.TookOver:
		v.incumbent = e
		if v.status.Standby != nil {
			v.newcomer = v.stage.Now()
		}
		v.succeed()
	case incident.GapAdopted:
		if len(v.desk.Gaps()) == 0 {
			v.status.Gap = ""
		}
	case incident.Disarmed:
		if e.By.Rule == lossRule || e.By.Rule == clockRule {
			v.told[e.Reason] = true
		}
	}
}

// succeed notes who took over from this instance, once it has been in charge itself.
func (v *Invoker) succeed() {
	if v.status.Epoch != 0 && v.incumbent.Epoch != v.status.Epoch && !planted.Is(planted.SuccessorIgnored) {
		v.status.Successor = v.incumbent.Instance
	}
}

// readOn folds in what the log holds beyond what is known.
func (v *Invoker) readOn(ctx context.Context) error {
	start := v.stage.Now()
	for c, err := range v.readings(ctx, v.head.sequence) {
		var gap *journal.Gap
		if errors.As(err, &gap) {
			missing := incident.Gap{From: gap.From, Through: gap.Through, Epoch: gap.Epoch}
			if v.kept != nil && !v.kept.foresees(missing) { // what is missing now was known when it was kept
				return unreliable(gap)
			}
			v.passOver(gap, missing)
			continue
		}
		if err != nil {
			return err
		}
		if err := v.hearThrough(ctx, c.AlertsThrough); err != nil {
			return err
		}
		if v.misread(c.Committed) {
			err := fmt.Errorf("documents were adopted after alert %d, and alerts up to %d were read by the ones before: %w", c.AlertsThrough, v.heardTo, ErrAnew)
			if v.status.Standby == nil {
				err = unreliable(err)
			}
			return err
		}
		if err := v.apply(c); err != nil {
			return err
		}
		if err := v.remember(c.Committed); err != nil {
			return err
		}
	}
	if k := v.kept; k != nil {
		return unreliable(fmt.Errorf("the log ends at envelope %d, and it was kept with envelope %d", v.head.sequence, k.Sequence))
	}
	v.note(func(*Status) { v.contact = start })
	return nil
}

// passOver goes on behind a gap: what it may have been about is left to people.
func (v *Invoker) passOver(gap *journal.Gap, missing incident.Gap) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.status.Gap != gap.Error() {
		v.cfg.Logger.Error().Uint64("from", gap.From).Uint64("through", gap.Through).
			Msg("ENVELOPES ARE MISSING from the journal: incidents that were open are shown and not driven, and declarations are left to people")
	}
	v.status.Gap = gap.Error()
	if !slices.Contains(v.gaps, missing) {
		v.gaps = append(v.gaps, missing)
	}
	v.desk.Lose(missing)
}

// insist tries until it works, ctx ends, or it can never work: then this instance keeps its hands off.
func (v *Invoker) insist(ctx context.Context, try func(context.Context) error) error {
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		err := try(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, errors.Is(err, ErrAnew):
			return err
		case errors.Is(err, journal.ErrBroken), errors.Is(err, errShort):
			if v.kept != nil { // what is seen while the hands are off has to be what the logs say
				return unreliable(err)
			}
			v.handsOff(err)
			return v.unable()
		}
		v.journalFails(err)
		if err := v.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// pause waits. A live desk goes on hearing meanwhile, so that people see the present: what is heard earlier than a record
// that was decided without it does not change what either of them means. Documents do: by which of them a message is read
// depends on whether it was heard before, so nothing is heard while it is not known whether they were adopted.
func (v *Invoker) pause(ctx context.Context, d time.Duration) error {
	open := Ears
	if !v.status.Live || v.adopting() {
		open = 0
	}
	over, cancel := v.stage.Timeout(ctx, d)
	defer cancel()
	for over.Err() == nil {
		if k := v.stage.Wait(over, open, d); k.heard != nil {
			v.take(*k.heard)
		}
	}
	return ctx.Err()
}

// adopting reports whether an append is in doubt that changes the documents.
func (v *Invoker) adopting() bool {
	return slices.ContainsFunc(v.attempts, func(a attempt) bool {
		return slices.ContainsFunc(a.changes, func(c incident.Change) bool { _, yes := c.Event.(incident.DocumentsAdopted); return yes })
	})
}

// mostOfOne is the size in bytes of the largest event that an envelope takes, on its own.
const mostOfOne = journal.MaxEnvelope - 4<<10

// fitting is as much of what is due as one envelope takes; the rest is due again right after it. One event that no
// envelope takes leaves its incident where it is, and nobody else's.
func (v *Invoker) fitting(changes []incident.Change) (fit []incident.Change) {
	total := 0
	for _, c := range changes {
		entry, err := entryOf(c)
		size := len(entry.Data)
		if err == nil && size > mostOfOne {
			err = journal.ErrTooLarge
		}
		if err != nil && !v.unfit[c.Incident] {
			v.unfit[c.Incident] = true
			v.cfg.Logger.Error().Err(err).Str("incident", c.Incident).Str("kind", string(c.Event.Kind())).Int("bytes", size).
				Msg("this cannot be recorded: the incident stays as it is and is left to people")
		}
		if v.unfit[c.Incident] {
			continue
		}
		if total += size; total > journal.MaxEnvelope/2 && len(fit) > 0 {
			break
		}
		fit, v.entries = append(fit, c), append(v.entries, entry)
	}
	return fit
}

// envelopeful are the first changes, one at least, as many as one envelope takes.
func envelopeful(changes []incident.Change) []incident.Change {
	total := 0
	for n, c := range changes {
		entry, _ := entryOf(c)
		if total += len(entry.Data); total > journal.MaxEnvelope/2 && n > 0 {
			return changes[:n]
		}
	}
	return changes
}

// entryOf is a change as it stands in an envelope.
func entryOf(c incident.Change) (journal.Entry, error) {
	kind, data, err := incident.Encode(c.Event)
	return journal.Entry{Incident: c.Incident, Kind: string(kind), Data: data}, err
}

func (v *Invoker) due(now time.Time) ([]incident.Change, error) {
	if !v.current() { // the journal was away: what is due is asked again once it is known what waits
		return nil, nil
	}
	return v.fitting(v.desk.Due(now)), nil
}
