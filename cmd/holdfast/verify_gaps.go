package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/journal"
)

// A gapFound is envelopes that are missing from a log that goes on behind them, and who has adopted that.
type gapFound struct {
	From    uint64          `json:"from"` // sequences of envelopes
	Through uint64          `json:"through"`
	By      *incident.Actor `json:"adopted_by,omitempty"` // nil: nobody has
	At      time.Time       `json:"adopted_at,omitzero"`
	Reason  string          `json:"reason,omitempty"`
}

// text is the line that a person reads.
func (g gapFound) text() string {
	who := "adopted by nobody"
	if g.By != nil {
		who = fmt.Sprintf("adopted by %s at %s: %s", g.By.Person, g.At.Format(time.RFC3339), printable(g.Reason))
	}
	return fmt.Sprintf("gap %d-%d, %s\n", g.From, g.Through, who)
}

// gapsFound are those of one log, in order.
type gapsFound []gapFound

// take notes a gap where an error of reading is one; any other error ends the reading.
func (all *gapsFound) take(err error) bool {
	var gap *journal.Gap
	if !errors.As(err, &gap) {
		return false
	}
	*all = append(*all, gapFound{From: gap.From, Through: gap.Through})
	return true
}

// hear notes who adopts one.
func (all gapsFound) hear(at time.Time, event incident.Event) {
	e, ok := event.(incident.GapAdopted)
	if !ok {
		return
	}
	for i := range all {
		if all[i].From == e.From && all[i].Through == e.Through {
			all[i].By, all[i].At, all[i].Reason = &e.By, at, e.Reason
		}
	}
}

// decode hears of adoptions in an envelope of which nothing else is read.
func (all gapsFound) decode(c journal.Committed) error {
	for _, e := range c.Entries {
		if len(all) == 0 || incident.Kind(e.Kind) != incident.KindGapAdopted {
			continue
		}
		event, err := incident.Decode(incident.Kind(e.Kind), e.Data)
		if err != nil {
			return fmt.Errorf("envelope %d: %w", c.Sequence, err)
		}
		all.hear(c.At, event)
	}
	return nil
}

// verdict is an error where one of them is adopted by nobody.
func (all gapsFound) verdict() error {
	i := slices.IndexFunc(all, func(g gapFound) bool { return g.By == nil })
	if i < 0 {
		return nil
	}
	g := all[i]
	return failed(fmt.Sprintf("restore a copy that has them, or look at what they may have held and `holdfast adopt-gap %d-%d --reason \"…\"`", g.From, g.Through),
		"%w; nobody has adopted the gap %d-%d", &journal.Gap{From: g.From, Through: g.Through}, g.From, g.Through)
}

func (all gapsFound) text() (lines string) {
	for _, g := range all {
		lines += g.text()
	}
	return lines
}

// besideGaps is a log whose gaps somebody has adopted, as far as it is there: what a checkpoint says of an envelope in a gap cannot be
// checked any more.
type besideGaps struct{ journal.Log }

func (l besideGaps) Read(ctx context.Context, after uint64) iter.Seq2[journal.Committed, error] {
	return func(yield func(journal.Committed, error) bool) {
		for c, err := range l.Log.Read(ctx, after) {
			var gap *journal.Gap
			if !errors.As(err, &gap) && !yield(c, err) {
				return
			}
		}
	}
}
