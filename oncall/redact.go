package oncall

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Redact is a people.yaml with nothing in it but ids, roles and turns: what the journal keeps, so that a replay knows who
// held which role when. Names, addresses, token hashes and comments are left out, for what is once in the journal stays
// there. A text that Parse finds errors in comes out as an empty roster.
func Redact(text []byte) []byte {
	r, problems := Parse("people.yaml", text)
	if problems.HasErrors() {
		r = &Roster{}
	}
	return r.text(nil)
}

// Details are what the journal does not hold of a person: who they are, how they are reached, how they prove it.
type Details struct {
	Name     string `json:"name,omitempty"`
	Channels []Way  `json:"channels,omitempty"`
	Token    string `json:"token_hash,omitempty"`
}

// A Way is a channel.
type Way struct {
	Log     bool   `json:"log,omitempty"`
	Webhook string `json:"webhook,omitempty"`
}

// Details are a person's.
func (p *Person) Details() Details {
	d := Details{Name: p.Name, Token: p.Token}
	for _, c := range p.Channels {
		d.Channels = append(d.Channels, Way{c.Log, c.Webhook})
	}
	return d
}

// Restore is a people.yaml again, of what the journal keeps of one and the details of people; of whom none are known
// nothing but the id is in it.
func Restore(r *Roster, details map[string]Details) []byte { return r.text(details) }

// IsID reports whether a text can be the id of a person or a role.
func IsID(text string) bool { return identifier.MatchString(text) && len(text) <= longestID }

func (r *Roster) text(details map[string]Details) []byte {
	var b bytes.Buffer
	section(&b, "people", len(r.People))
	for _, id := range slices.Sorted(maps.Keys(r.People)) {
		fmt.Fprintf(&b, "  %q: {%s}\n", id, strings.Join(append(details[id].written(), r.People[id].outline()...), ", "))
	}
	section(&b, "roles", len(r.Roles))
	for _, id := range slices.Sorted(maps.Keys(r.Roles)) {
		fmt.Fprintf(&b, "  %q: %s\n", id, r.Roles[id].outline())
	}
	if len(r.Calendars) > 0 {
		section(&b, "calendars", len(r.Calendars))
		for _, id := range slices.Sorted(maps.Keys(r.Calendars)) {
			fmt.Fprintf(&b, "  %q: %s\n", id, r.Calendars[id].outline())
		}
	}
	return b.Bytes()
}

// outline is when a person is away and who acts for them: by that the journal knows who was asked.
func (p *Person) outline() (parts []string) {
	if d := p.Deputy; d != nil {
		parts = append(parts, fmt.Sprintf("deputy: {person: %q, after_escalation: %t}", d.Person, d.AfterEscalation))
	}
	var absences []string
	for _, a := range p.Absences {
		absences = append(absences, fmt.Sprintf("{from: %q, to: %q}", instant(a.From), instant(a.To)))
	}
	if len(absences) > 0 {
		parts = append(parts, "absences: ["+strings.Join(absences, ", ")+"]")
	}
	return parts
}

func (d Details) written() (parts []string) {
	if d.Name != "" {
		parts = append(parts, fmt.Sprintf("name: %q", d.Name))
	}
	var channels []string
	for _, w := range d.Channels {
		if w.Log {
			channels = append(channels, "{log: true}")
		} else {
			channels = append(channels, fmt.Sprintf("{webhook: %q}", w.Webhook))
		}
	}
	if len(channels) > 0 {
		parts = append(parts, "channels: ["+strings.Join(channels, ", ")+"]")
	}
	if d.Token != "" {
		parts = append(parts, fmt.Sprintf("token_hash: %q", d.Token))
	}
	return parts
}

func (c *Calendar) outline() string {
	var days []string
	for _, d := range c.Days {
		days = append(days, d.Format(time.DateOnly))
	}
	return fmt.Sprintf("{zone: %q, days: [%s]}", c.Zone, strings.Join(days, ", "))
}

func instant(at time.Time) string { return at.Format(time.RFC3339Nano) }

func section(b *bytes.Buffer, name string, length int) {
	if length == 0 {
		fmt.Fprintf(b, "%s: {}\n", name)
		return
	}
	fmt.Fprintf(b, "%s:\n", name)
}

func (r *Role) outline() string {
	holidays := ""
	if h := r.Holidays; h != nil {
		holidays = fmt.Sprintf(", holidays: {calendar: %q}", h.Calendar)
		if h.StandIn != "" {
			holidays = fmt.Sprintf(", holidays: {calendar: %q, stand_in: %q}", h.Calendar, h.StandIn)
		}
	}
	if r.Rotation == nil {
		return "{people: " + quoted(r.People) + holidays + "}"
	}
	o := r.Rotation
	overrides := make([]string, 0, len(o.Overrides))
	for _, v := range o.Overrides {
		overrides = append(overrides, fmt.Sprintf("{person: %q, from: %q, to: %q}", v.Person, instant(v.From), instant(v.To)))
	}
	return fmt.Sprintf("{rotation: {people: %s, zone: %q, start: %s, handover: %q, every: %dd, overrides: [%s]}%s}",
		quoted(o.People), o.Zone, o.Start.Format(time.DateOnly), o.Handover, o.Every/day, strings.Join(overrides, ", "), holidays)
}

func quoted(ids []string) string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, fmt.Sprintf("%q", id))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
