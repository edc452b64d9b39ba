package journal

import (
	"fmt"

	"holdfast/internal/quick"
)

// A Gap is the error of envelopes that are missing from the log while the chain goes on behind them: the next one names
// them. What they said is not known, and everything after them was decided by somebody who knew it. Reading goes on with the
// next envelope. Whoever does not expect one stops: it is an ErrBroken.
type Gap struct {
	From, Through uint64 // sequences
	Epoch         uint64 // of the envelope after it
}

func (g *Gap) Error() string {
	return fmt.Sprintf("%v: %s missing, and the log goes on behind: restore the log from a copy that has them", ErrBroken, g.Envelopes())
}

// Unwrap is ErrBroken.
func (g *Gap) Unwrap() error { return ErrBroken }

// Envelopes names what is missing.
func (g *Gap) Envelopes() string {
	if g.From == g.Through {
		return fmt.Sprintf("envelope %d is", g.From)
	}
	return fmt.Sprintf("envelopes %d to %d are", g.From, g.Through)
}

// leap reads a page as the first one behind a gap after prev; nil: it is none. Only missing pages make a gap. One that is
// there and says something else than the chain does was not lost: somebody has changed it, and then nothing can be relied on.
func leap(prev link, p page, words *quick.Words) (*Gap, Committed) {
	if p.sequence <= prev.sequence+1 {
		return nil, Committed{}
	}
	e, err := decode(p, words)
	if err != nil || e.PrevSequence != p.sequence-1 || e.PrevHash == "" {
		return nil, Committed{} //nolint:nilerr // what cannot be read is for follow to say
	}
	return &Gap{From: prev.sequence + 1, Through: p.sequence - 1, Epoch: e.Epoch}, e
}
