package incident

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// What the desk has heard of the alert log can be written down and recalled, so that a start need not hear all of it again.
// Records are not in it: a start applies them as ever, and what is recalled takes the place of what it would have heard
// beside them. See decision 32.

// A recollection is what is written down beside the detectors.
type recollection struct {
	Texts      []string                `json:"texts"` // digests of what the detectors judge by: the text in force, then the older ones
	Through    uint64                  `json:"through"`
	Received   time.Time               `json:"received"`
	Read       uint64                  `json:"read"`
	Truncated  uint64                  `json:"truncated,omitempty"`
	Unreadable map[alert.Reason]uint64 `json:"unreadable,omitempty"`
	Unread     []alert.Unread          `json:"unread,omitempty"`
}

// Recollection is all that the desk has heard of the alert log. It is for this version of this program alone. Nothing is to be
// had before documents were adopted.
func (d *Desk) Recollection() (written []byte, ok bool) {
	if d.detector == nil {
		return nil, false
	}
	r := recollection{Texts: d.judging(), Through: d.through, Received: d.received, Read: d.read, Truncated: d.truncated, Unreadable: d.unreadable, Unread: d.unread}
	head, err := json.Marshal(r)
	if err != nil { // of an instant that no year has
		return nil, false
	}
	written = append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	for _, judge := range d.detectors() {
		written = judge.Write(written)
	}
	return written, true
}

// A Recollected is what a desk had heard, made out of what it has written down. It becomes part of the desk that recalls it, and
// of no second one.
type Recollected struct {
	recollection
	judges []*detector.Detector // in the order of the texts; nil: a desk has recalled it
}

// MakeOut reads what [Desk.Recollection] has written down. It needs no desk, so a start does it beside all else that it has to do.
func MakeOut(written []byte) (*Recollected, error) {
	r := &Recollected{}
	if len(written) < 8 {
		return nil, errNotWritten
	}
	head := binary.LittleEndian.Uint64(written)
	if head > uint64(len(written)-8) || json.Unmarshal(written[8:8+head], &r.recollection) != nil {
		return nil, errNotWritten
	}
	rest := written[8+head:]
	for range r.Texts {
		judge, behind, err := detector.Recall(rest)
		if err != nil {
			return nil, fmt.Errorf("recall what was heard: %w", err)
		}
		r.judges, rest = append(r.judges, judge), behind
	}
	if len(rest) > 0 || len(r.judges) == 0 {
		return nil, errNotWritten
	}
	return r, nil
}

// Recall is to be called on a desk to which all records were applied that were in force when a recollection was written, and
// which has heard nothing: from then on it is as if it had. Where it returns an error nothing has changed.
func (d *Desk) Recall(r *Recollected) error {
	switch {
	case d.through != 0 || len(d.early) > 0:
		return errors.New("recall what was heard: something was heard since")
	case r.judges == nil:
		return errors.New("recall what was heard: another desk has recalled it")
	case !slices.Equal(r.Texts, d.judging()):
		return fmt.Errorf("recall what was heard: it was judged by the texts %q, and the journal says %q", r.Texts, d.judging())
	}
	d.detector = r.judges[0]
	d.detector.Rebase(d.docs.BIA)
	for i := range d.older {
		d.older[i].detector = r.judges[1+i]
		d.older[i].detector.Rebase(d.older[i].docs.BIA)
	}
	r.judges = nil
	d.through, d.received, d.read, d.truncated, d.unread = r.Through, r.Received, r.Read, r.Truncated, r.Unread
	for reason, n := range r.Unreadable {
		d.unreadable[reason] = n
	}
	d.latest = later(d.latest, d.received)
	d.agenda, d.stirred = newAgenda(), nil
	return nil
}

var errNotWritten = errors.New("recall what was heard: that is not what a desk has written down")

// judging are the digests of the texts that are judged by: the one in force, then older ones.
func (d *Desk) judging() (texts []string) {
	if d.detector != nil {
		texts = append(texts, d.docs.BIA.Digest)
	}
	return append(texts, d.olderTexts()...)
}
