package incident

import (
	"fmt"
	"slices"
	"strings"
)

// A Gap is envelopes that are missing from the journal while it goes on behind them. Nobody knows what they said.
type Gap struct {
	From    uint64 `json:"from"` // sequences of envelopes
	Through uint64 `json:"through"`
	Epoch   uint64 `json:"epoch"` // of the envelope after it: whoever takes over next has to be later than that
}

func (g Gap) String() string { return fmt.Sprintf("%d-%d", g.From, g.Through) }

func (g Gap) envelopes() string {
	if g.From == g.Through {
		return fmt.Sprintf("envelope %d", g.From)
	}
	return fmt.Sprintf("envelopes %d to %d", g.From, g.Through)
}

func (g Gap) gate() string {
	return fmt.Sprintf("%s of the journal cannot be read: a person decides until the authority has adopted it (holdfast adopt-gap %s)", g.envelopes(), g)
}

// Lose folds in a gap, in its place between the records. What was missing may have concerned every incident that was open: a
// step that was sent, an approval, its end. So they are shown and not driven from here on, for good; a person stands them
// down. Those that are opened after it go on. What it held of the house (documents, words, who disarmed) is not known either, so
// nothing is declared without a person until somebody who may has adopted the gap.
func (d *Desk) Lose(g Gap) {
	if slices.ContainsFunc(d.lost, func(known Gap) bool { return known.From == g.From }) {
		return
	}
	d.lost, d.gaps = append(d.lost, g), append(slices.Clip(d.gaps), g)
	d.epoch = max(d.epoch, g.Epoch)
	for _, id := range d.going {
		i := *d.incidents.of(id)
		if i.HandsOff == "" {
			i.HandsOff = fmt.Sprintf("%s of the journal cannot be read, and may have been about it", g.envelopes())
		}
		d.incidents.put(id, &i)
	}
	d.busy = &busy{}
	d.agenda.all, d.agenda.pairing, d.stirred = true, nil, nil
}

// Gaps are those in the journal that nobody has adopted yet.
func (d *Desk) Gaps() []Gap { return slices.Clone(d.gaps) }

// adoptGap ends what a gap means for the house.
func (b *book) adoptGap(e GapAdopted) {
	b.gaps = slices.DeleteFunc(slices.Clone(b.gaps), func(g Gap) bool { return g.From == e.From && g.Through == e.Through })
}

// adoptsGap is a person's order to adopt a gap.
func (f *draft) adoptsGap(person string, c Command) ([]Change, error) {
	by, err := duty{roster: f.docs.People, at: f.now}.entitled(person, string(c.Verb), authority(f.docs.BIA.Declaration))
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(f.gaps, func(g Gap) bool { return g.String() == c.Gap })
	switch {
	case n < 0 && len(f.gaps) == 0:
		return nil, Refuse("the journal has no gap that is still to be adopted")
	case n < 0:
		return nil, &NotFound{What: "gap", ID: c.Gap, Hint: "there is " + f.gaps[0].String()}
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to adopt a gap needs a reason: what was looked at?")
	}
	return []Change{{Event: GapAdopted{From: f.gaps[n].From, Through: f.gaps[n].Through, By: by, Reason: c.Reason}}}, nil
}
