package alert

import (
	"slices"
	"strings"
)

// A Reader reads messages as [Decode] and [DecodeMessage] do, and sooner where they look alike: one sender writes the same keys in
// the same order, and mostly only what stands within quotes is another. So a Reader remembers the shapes of what it read last. What
// is the same to the byte, between these texts, is compared at once, and means what it meant when it was read for the first time;
// the rest is read as ever. It accepts what they accept, and refuses what they refuse.
//
// The zero value is ready; nil remembers nothing. It is not for several goroutines at once.
type Reader struct {
	alerts  shapes
	endings shapes
	keys    []string // room for those of a message
}

// Decode is as the function of this name.
func (r *Reader) Decode(body []byte) (Batch, error) {
	if b, ok := readStraight(body, r); ok {
		return b, nil
	}
	return byFormat(body)
}

// shapes are those that are remembered, the one that fitted last first.
type shapes struct {
	known  []*shape
	missed uint // how often none fitted
}

const (
	shapesMost  = 4
	shapeLength = 8 << 10 // bytes of what is remembered of a text
	shapeEvery  = 8       // once there is no more room, one of so many that do not fit takes the place of the last
)

// fitted puts the shape that fitted first.
func (s *shapes) fitted(i int) {
	if i > 0 {
		sh := s.known[i]
		copy(s.known[1:i+1], s.known[:i])
		s.known[0] = sh
	}
}

// want reports whether a text that fitted none is worth the making of a shape.
func (s *shapes) want(length int) bool {
	s.missed++
	return length <= shapeLength && (len(s.known) < shapesMost || s.missed%shapeEvery == 0)
}

func (s *shapes) remember(sh *shape) {
	s.known = slices.Insert(s.known, 0, sh)
	s.known = s.known[:min(len(s.known), shapesMost)]
}

// A shape is what texts that look alike have in common.
type shape struct {
	of     *writer // alerts; nil: of an ending
	parts  []part
	last   string // what follows the last part
	tokens int

	alert      Alert // without what its parts say
	labels     int   // how many it has; they stand together, in the order of their names, and so do annotations
	labelsLast bool  // annotations come first

	behind    []string // the keys before an ending
	version   string   // empty: the ending does not say
	truncated int
}

// A part is a string that is another in each text, and what stands before it, with its opening quote.
type part struct {
	before string
	slot   slot
	name   string // of a label or annotation
}

// A slot is what becomes of a string.
type slot int

const (
	isPassed     slot = iota // it is not made use of
	isConstant               // it may not be another: neither may a number
	isLabel                  // each string of the object
	isAnnotation             // likewise
	isStart
	isEnd
	isIdentity
	isForeign // what has this key has no shape
)

// A writer is how a format that is read straight writes an alert.
type writer struct {
	read  func(*straight) Alert
	slots map[string]slot // of its keys; others are passed over
}

// alert reads one, by a shape if one fits.
func (r *straight) alert(w *writer) Alert {
	if r.reader == nil {
		return w.read(r)
	}
	for i, sh := range r.reader.alerts.known {
		if sh.of != w {
			continue
		}
		if a, ok := r.alike(sh); ok {
			r.reader.alerts.fitted(i)
			return a
		}
	}
	from := r.at
	a := w.read(r)
	if r.err == nil && r.reader.alerts.want(r.at-from) {
		if sh, ok := w.shapeOf(r.data[from:r.at], a); ok {
			r.reader.alerts.remember(sh)
		}
	}
	return a
}

// alike reads an alert that looks like those before it.
func (r *straight) alike(sh *shape) (a Alert, ok bool) {
	if !r.begin(sh) {
		return a, false
	}
	a = sh.alert
	from, first := r.at, len(r.labels)
	for i := range sh.parts {
		p := &sh.parts[i]
		if !r.pass(p.before) {
			return a, r.back(from, first)
		}
		if p.slot == isPassed {
			r.past(r.at)
			continue
		}
		text := r.rest(r.at)
		switch p.slot {
		case isLabel, isAnnotation:
			r.labels = append(r.labels, Label{p.name, text})
		case isStart:
			a.StartsAt, ok = strictly(text)
			r.must(ok)
		case isEnd:
			a.EndsAt, ok = strictly(text)
			r.must(ok)
		case isIdentity:
			a.Fingerprint = text
		}
	}
	if !r.pass(sh.last) || r.err != nil {
		return a, r.back(from, first)
	}
	a.Labels, a.Annotations = r.both(sh, first)
	return a, true
}

// begin reports whether so many tokens are left as a shape has. They need not be counted: each alert has its own, and after an
// ending there are none.
func (r *straight) begin(sh *shape) bool { return r.err == nil && r.tokens >= sh.tokens }

// pass goes past what is the same.
func (r *straight) pass(same string) bool {
	if !strings.HasPrefix(r.data[r.at:], same) {
		return false
	}
	r.at += len(same)
	return true
}

// back goes to where a shape that does not fit was begun, and is false.
func (r *straight) back(from, labels int) bool {
	r.at, r.labels, r.err = from, r.labels[:labels], nil
	return false
}

// both are the labels and the annotations that a shape has put among all, from first on.
func (r *straight) both(sh *shape, first int) (ls, as Labels) {
	all := r.labels[first:]
	if sh.labelsLast {
		n := len(all) - sh.labels
		return some(all[n:]), some(all[:n])
	}
	n := sh.labels
	return some(all[:n]), some(all[n:])
}

// some are labels to which nothing can be appended in place; nil for none.
func some(l []Label) Labels {
	if len(l) == 0 {
		return nil
	}
	return slices.Clip(l)
}

// An ending is what follows the alerts in a message of Alertmanager's webhook.
type ending struct {
	shape     *shape   // nil: it is still to be read
	from      int      // where it begins
	behind    []string // the keys before it
	truncated int      // as was said before it
}

// ending reads it if it has a shape that is known.
func (r *straight) ending(m *members, truncated int) ending {
	e := ending{from: r.at, truncated: truncated}
	if r.reader == nil {
		return e
	}
	behind := r.keys[m.first:]
	for i, sh := range r.reader.endings.known {
		if slices.Equal(sh.behind, behind) && r.endsAlike(sh) {
			r.reader.endings.fitted(i)
			e.shape = sh
			return e
		}
	}
	e.behind = slices.Clone(behind)
	return e
}

// endsAlike goes past an ending that looks like one before.
func (r *straight) endsAlike(sh *shape) bool {
	if !r.begin(sh) {
		return false
	}
	from := r.at
	for i := range sh.parts {
		if !r.pass(sh.parts[i].before) {
			return r.back(from, len(r.labels))
		}
		r.past(r.at)
	}
	if !r.pass(sh.last) || r.err != nil {
		return r.back(from, len(r.labels))
	}
	return true
}

// remember keeps the shape of an ending that was read.
func (r *straight) remember(e ending, truncated int) {
	if r.err != nil || e.behind == nil {
		return
	}
	length := r.at - e.from
	for _, key := range e.behind {
		length += len(key)
	}
	if !r.reader.endings.want(length) {
		return
	}
	if sh, ok := shapeOfEnding(r.data[e.from:r.at], e.behind); ok {
		sh.truncated = truncated - e.truncated
		r.reader.endings.remember(sh)
	}
}

// A sketch is a shape in the making, of a text that was read already.
type sketch struct {
	scanner
	shape
	from  int // where what is the same begins
	unfit bool
}

func newSketch(text string) *sketch {
	return &sketch{scanner: newScanner([]byte(text), 0)} // a copy: the message is not to be kept
}

// done is the shape, if the text has one.
func (s *sketch) done() (*shape, bool) {
	s.last, s.shape.tokens = s.data[s.from:], MaxTokens-s.scanner.tokens
	return &s.shape, s.err == nil && !s.unfit && s.at == len(s.data)
}

// differs goes past a string that may be another.
func (s *sketch) differs(to slot, name string) {
	if s.next() != '"' {
		s.unfit = true
		s.skip(1)
		return
	}
	s.parts = append(s.parts, part{s.data[s.from : s.at+1], to, name})
	s.text("a string")
	s.from = s.at
}

// whatever goes past a value of which every string may be another, unless it stands in an array.
func (s *sketch) whatever() {
	switch s.next() {
	case '{':
		for m := s.object(1); s.member(&m); {
			s.whatever()
		}
	case '"':
		s.differs(isPassed, "")
	default:
		s.skip(1)
	}
}

// pairs goes past an object of strings whose names are in order.
func (s *sketch) pairs(to slot) (n int) {
	before := ""
	for m := s.object(1); s.member(&m); n++ {
		s.unfit = s.unfit || n > 0 && m.key <= before
		before = m.key
		s.differs(to, m.key)
	}
	return n
}

// shapeOf is the shape of an alert that was read.
func (w *writer) shapeOf(text string, a Alert) (*shape, bool) {
	s := newSketch(text)
	s.within = true
	annotations := 0
	for m := s.object(1); s.member(&m); {
		switch to := w.slots[m.key]; to {
		case isPassed:
			s.whatever()
		case isConstant:
			s.skip(1)
		case isLabel:
			s.labels, s.labelsLast = s.pairs(to), annotations > 0
		case isAnnotation:
			annotations = s.pairs(to)
		case isForeign:
			return nil, false
		default:
			s.differs(to, "")
		}
	}
	s.of = w
	s.alert = Alert{Status: Status(strings.Clone(string(a.Status))), Sequence: a.Sequence}
	return s.done()
}

// shapeOfEnding is the shape of an ending that was read.
func shapeOfEnding(text string, behind []string) (*shape, bool) {
	s := newSketch(text)
	s.take(',')
	for m := (members{}); s.member(&m); {
		switch m.key {
		case "version":
			s.version = s.text("a string")
		case "truncatedAlerts":
			s.skip(1)
		default:
			s.whatever()
		}
	}
	for _, key := range behind {
		s.behind = append(s.behind, strings.Clone(key))
	}
	return s.done()
}
