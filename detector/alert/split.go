package alert

import (
	"bytes"
	"fmt"
)

// Split cuts a body of Alertmanager's webhook into parts of at most max bytes, between alerts: each part is a body of
// its own with the group's fields as they were, so that what is too large for one message still arrives. A body that is
// small enough comes back as it is, unread. The alerts that were left out by the sender are counted in the first part.
//
// The error is an *Unreadable. Parts may come with it: they hold all alerts but those that are too large by themselves.
func Split(body []byte, max int) ([][]byte, error) {
	if len(body) <= max {
		return [][]byte{body}, nil
	}
	g, err := survey(body)
	if err != nil {
		return nil, err
	}
	return g.cut(max)
}

// A group is where things stand in a body.
type group struct {
	body      []byte
	alerts    span   // the array, with its brackets
	truncated span   // the count; empty if there is none
	each      []span // the alerts
}

type span struct{ from, to int }

func (g *group) bytes(s span) []byte { return g.body[s.from:s.to] }

// survey finds a group's alerts. It keeps no more than where they are: a body may be many times [MaxMessage].
func survey(body []byte) (*group, error) {
	g := &group{body: body}
	s := newScanner(body, len(body))
	for m := s.object(1); s.member(&m); {
		first := s.next()
		from := s.at
		switch {
		case m.key == "alerts" && first == '[':
			g.mark(&s)
			g.alerts = span{from, s.at}
		case m.key == "truncatedAlerts":
			s.skip(2)
			g.truncated = span{from, s.at}
		default:
			s.skip(2)
		}
	}
	if s.err == nil && g.alerts == (span{}) {
		return nil, &Unreadable{UnknownForm, "it has no array \"alerts\" to split"}
	}
	if s.end(); s.err != nil {
		return nil, s.err
	}
	return g, nil
}

// mark reads the alerts.
func (g *group) mark(s *scanner) {
	for i := s.array(2); s.item(&i); {
		s.next()
		from := s.at
		s.skip(3)
		g.each = append(g.each, span{from, s.at})
	}
}

// cut fills part after part.
func (g *group) cut(max int) (parts [][]byte, err error) {
	var run []span
	size := g.frame()
	if size > max {
		return nil, &Unreadable{TooLarge, fmt.Sprintf("the group's own fields have %d bytes, of at most %d", size, max)}
	}
	flush := func() {
		parts = append(parts, g.part(run, len(parts) == 0))
		run, size = nil, g.frame()
	}
	for i, alert := range g.each {
		length := alert.to - alert.from + len(",")
		if g.frame()+length > max {
			err = &Unreadable{TooLarge, fmt.Sprintf("alert %d of %d has %d bytes and fits no message", i+1, len(g.each), length)}
			continue
		}
		if size+length > max {
			flush()
		}
		run, size = append(run, alert), size+length
	}
	if len(run) > 0 || err == nil {
		flush()
	}
	return parts, err
}

// frame is the size of a part without alerts; a count that is put to 0 has one byte, as the shortest there can be.
func (g *group) frame() int { return len(g.body) - len(g.bytes(g.alerts)) + len("[]") }

// part is the body with some of its alerts.
func (g *group) part(alerts []span, first bool) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, alert := range alerts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(g.bytes(alert))
	}
	b.WriteByte(']')
	return g.with(b.Bytes(), first)
}

// with puts an array in the place of the alerts and, if this is not the first part, 0 in the place of the count.
func (g *group) with(alerts []byte, first bool) []byte {
	var b bytes.Buffer
	at := 0
	replace := func(s span, text []byte) {
		b.Write(g.body[at:s.from])
		b.Write(text)
		at = s.to
	}
	counted := !first && g.truncated.to > 0
	if counted && g.truncated.from < g.alerts.from {
		replace(g.truncated, []byte("0"))
	}
	replace(g.alerts, alerts)
	if counted && g.truncated.from > g.alerts.from {
		replace(g.truncated, []byte("0"))
	}
	b.Write(g.body[at:])
	return b.Bytes()
}
