package oncall

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	"holdfast/internal/source"
)

var (
	identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	tokenHash  = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// longestID is how long an id may be.
const longestID = 64

// checker collects what is wrong with a decoded roster.
type checker struct {
	r     *Roster
	found source.Problems
}

func (c *checker) roster() {
	if c.r.Marks.Has("people") && len(c.r.People) == 0 {
		c.found.Errorf(c.r.Marks.Of("people"), "people/nobody", "", "there is nobody in it")
	}
	for _, id := range slices.Sorted(maps.Keys(c.r.People)) {
		c.person(c.r.People[id])
	}
	c.tokens()
	for _, id := range slices.Sorted(maps.Keys(c.r.Roles)) {
		c.role(c.r.Roles[id])
	}
	for _, id := range slices.Sorted(maps.Keys(c.r.Calendars)) {
		c.calendar(c.r.Calendars[id])
	}
	c.deputies()
}

func (c *checker) person(p *Person) {
	c.id(p.Marks.Of(""), p.ID)
	for i := range p.Channels {
		c.channel(&p.Channels[i])
	}
	for i := range p.Absences {
		c.absence(&p.Absences[i])
	}
	switch {
	case !p.Marks.Has("token_hash"):
	case !tokenHash.MatchString(p.Token):
		c.found.Errorf(p.Marks.Of("token_hash"), "people/token", "make one with `holdfast people token`", "a token_hash is sha256: and 64 hexadecimal digits")
	case p.Token == hashOf(""):
		c.found.Errorf(p.Marks.Of("token_hash"), "people/token", "make one with `holdfast people token`", "this is the hash of an empty token")
	}
}

func (c *checker) channel(ch *Channel) {
	switch log, webhook := ch.Marks.Has("log"), ch.Marks.Has("webhook"); {
	case !log && !webhook:
		c.found.Errorf(ch.Marks.Of(""), "people/channel", "write log: true, or webhook: and a URL", "a channel has exactly one of log and webhook; here is none")
	case log && webhook:
		c.found.Errorf(later(ch.Marks.Of("log"), ch.Marks.Of("webhook")), "people/channel", "make two channels of it", "a channel has exactly one of log and webhook; here are both")
	case log && !ch.Log:
		c.found.Errorf(ch.Marks.Of("log"), "people/channel", "leave the channel out", "a channel that is off reaches nobody")
	case webhook:
		c.webhook(ch.Marks.Of("webhook"), ch.Webhook)
	}
}

func (c *checker) webhook(at source.Mark, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		c.found.Errorf(at, "people/webhook", "such as https://chat.example.org/hooks/anna", "this is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		c.found.Errorf(at, "people/webhook", "", "a webhook starts with https:// or http://")
	case u.User != nil:
		c.found.Errorf(at, "people/webhook", "", "a webhook carries no user and no password")
	}
}

// tokens checks that a token tells one person from another.
func (c *checker) tokens() {
	owners := map[string]*Person{}
	for _, p := range c.inReadingOrder() {
		if p.Token == "" {
			continue
		}
		if first, taken := owners[p.Token]; taken {
			c.found.Errorf(p.Marks.Of("token_hash"), "people/shared-token", "make each their own with `holdfast people token`",
				"%s and %s have the same token, so nobody could tell who acted", first.ID, p.ID)
			continue
		}
		owners[p.Token] = p
	}
}

func (c *checker) inReadingOrder() []*Person {
	people := make([]*Person, 0, len(c.r.People))
	for _, id := range slices.Sorted(maps.Keys(c.r.People)) {
		people = append(people, c.r.People[id])
	}
	slices.SortStableFunc(people, func(a, b *Person) int { return a.Marks.Of("").Line - b.Marks.Of("").Line })
	return people
}

func (c *checker) role(role *Role) {
	c.id(role.Marks.Of(""), role.ID)
	people, rotation := role.Marks.Has("people"), role.Marks.Has("rotation")
	switch {
	case people && rotation:
		c.found.Errorf(later(role.Marks.Of("people"), role.Marks.Of("rotation")), "people/role", "keep one of the two", "a role has either people or a rotation; here are both")
	case !people && !rotation:
		c.found.Errorf(role.Marks.Of(""), "people/role", "write people: and a list in line of succession, or rotation:", "nobody holds the role %q", role.ID)
	case people:
		c.line(role.Marks, role.People)
	default:
		c.line(role.Rotation.Marks, role.Rotation.People)
		c.rotation(role.Rotation)
	}
	if role.Holidays != nil {
		c.holidays(role.Holidays)
	}
}

// line checks a list of people.
func (c *checker) line(marks source.Marks, people []string) {
	if marks.Has("people") && len(people) == 0 {
		c.found.Errorf(marks.Of("people"), "people/role", "name at least one; two, so that one may be away", "nobody is in it")
	}
	for i, id := range people {
		at := marks.Of(fmt.Sprintf("people[%d]", i))
		c.known(at, id)
		if slices.Index(people, id) < i {
			c.found.Errorf(at, "people/twice", "", "%q is already in it", id)
		}
	}
}

func (c *checker) known(at source.Mark, person string) {
	if _, ok := c.r.People[person]; !ok {
		c.found.Errorf(at, "people/unknown-person", source.DidYouMean(person, slices.Sorted(maps.Keys(c.r.People))), "there is nobody called %q", person)
	}
}

func (c *checker) rotation(r *Rotation) {
	if _, ok := zoneOf(r.Zone); !ok {
		c.found.Errorf(r.Marks.Of("zone"), "people/zone", "such as Europe/Berlin, or UTC", "%q is not a time zone", r.Zone)
	}
	if _, ok := timeOfDay(r.Handover); !ok {
		c.found.Errorf(r.Marks.Of("handover"), "people/handover", "such as 09:00", "%q is not a time of day", r.Handover)
	}
	if r.Every < day || r.Every%day != 0 || r.Every > 366*day {
		c.found.Errorf(r.Marks.Of("every"), "people/every", "such as 1d, 7d or 2w", "a turn lasts whole days, from one to 366")
	}
	switch {
	case !r.Marks.Has("start"):
		c.found.Errorf(r.Marks.Of(""), "people/start", "add start: and the date on which the first in the list takes over", "nobody can tell whose turn it is without a start")
	case !r.Start.Equal(r.Start.Truncate(day)):
		c.found.Errorf(r.Marks.Of("start"), "people/start", "write the date alone; handover: says at what time", "a rotation starts on a date")
	}
	for i := range r.Overrides {
		c.override(r, i)
	}
}

func (c *checker) override(r *Rotation, i int) {
	o := &r.Overrides[i]
	if o.Marks.Has("person") {
		c.known(o.Marks.Of("person"), o.Person)
	}
	if !o.From.Before(o.To) {
		c.found.Errorf(o.Marks.Of("to"), "people/override", "", "the override ends before it begins")
		return
	}
	for j := range i {
		if other := &r.Overrides[j]; o.From.Before(other.To) && other.From.Before(o.To) {
			c.found.Errorf(o.Marks.Of("from"), "people/override", "", "the override overlaps with the one of line %d, so two people would be on duty", other.Marks.Of("").Line)
			return
		}
	}
}

func (c *checker) id(at source.Mark, id string) {
	if !IsID(id) {
		c.found.Errorf(at, "people/id", "ids are read out on the phone and written into the journal", "%q is not an id: a-z, 0-9, -, . and _, at most 64", id)
	}
}

func later(a, b source.Mark) source.Mark {
	if a.Line > b.Line || a.Line == b.Line && a.Column > b.Column {
		return a
	}
	return b
}

const day = 24 * time.Hour
