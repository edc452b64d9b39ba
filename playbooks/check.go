package playbooks

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/internal/source"
)

// Bounds on what is believable. A figure beyond them is a slip of the pen, and found before it is relied on.
const (
	longest      = 30 * 24 * time.Hour // of any duration within a playbook
	shortestPoll = 100 * time.Millisecond
	mostSteps    = 200
	mostRetries  = 100
	mostPeople   = 20
	mostIDLength = 64

	longestExercise = 5 * 365 * 24 * time.Hour // that an exercise holds
)

// identifier is what playbooks and steps are called: readable on the phone, and a part of idempotency keys.
var identifier = regexp.MustCompile(`^[a-z0-9-]+$`)

// checker collects what is wrong with a decoded playbook.
type checker struct {
	p     *Playbook
	found source.Problems
}

func (c *checker) playbook() {
	p := c.p
	c.id(p.Marks, "playbook", p.ID)
	c.number(p.Marks, "version", p.Version, 0, 1_000_000)
	c.number(p.Marks, "priority", p.Priority, -1_000_000, 1_000_000)
	c.enum(p.Marks, "loss", string(p.Loss), losses...)
	c.duration(p.Marks, "rtc", p.RTC, time.Millisecond)
	c.purpose()
	for i := range p.Preconditions {
		c.precondition(&p.Preconditions[i])
	}
	if p.Marks.Has("steps") && len(p.Steps) == 0 {
		c.found.Errorf(p.Marks.Of("steps"), "playbook/no-steps", "", "the playbook has no steps")
	}
	if len(p.Steps) > mostSteps {
		c.found.Errorf(p.Marks.Of("steps"), "playbook/too-many-steps", "split it up: nobody follows so many", "%d steps are more than %d", len(p.Steps), mostSteps)
		return
	}
	for i := range p.Steps {
		c.step(&p.Steps[i])
	}
	for _, role := range p.Roles() {
		if role.Name == "" {
			c.found.Errorf(role.At, "playbook/no-role", "write the id of a role in people.yaml", "no role is named here")
		}
	}
	c.order()
	c.exercise()
}

// purpose checks what the playbook is for.
func (c *checker) purpose() {
	f := c.p.For
	if len(f.Services) == 0 {
		at := f.Marks.Of("services")
		if !at.Written() {
			at = c.p.Marks.Of("for")
		}
		c.found.Errorf(at, "playbook/for-nothing", "write for: {services: […]}", "the playbook names no service that it recovers, so it would never fit")
	}
	for i, domain := range f.NotWhenLost {
		if slices.Contains(f.Lost, domain) {
			c.found.Errorf(f.Marks.Of(item("not_when_lost", i)), "playbook/never-fits", "keep it in one of the two",
				"%q is also among what the playbook recovers from, so it would never fit", domain)
		}
	}
}

func (c *checker) precondition(p *Precondition) {
	c.exactlyOne(p.Marks, "playbook/precondition", "a precondition", conditions...)
	c.enum(p.Marks, "else", p.Else, elses...)
	c.filled(p.Marks, "component_up", len(p.ComponentUp))
	if r := p.RecoveryPointWithin; r != nil {
		c.duration(r.Marks, "age", r.Age, time.Millisecond)
	}
}

// exactlyOne checks that just one of some keys is written. The caret is under the first one too many.
func (c *checker) exactlyOne(marks source.Marks, rule, what string, keys ...string) {
	var written []string
	for _, k := range keys {
		if marks.Has(k) {
			written = append(written, k)
		}
	}
	slices.SortFunc(written, func(a, b string) int { return inReadingOrder(marks[a], marks[b]) })
	switch {
	case len(written) == 0:
		c.found.Errorf(marks.Of(""), rule, "", "%s is exactly one of %s; here is none of them", what, either(keys))
	case len(written) > 1:
		c.found.Errorf(marks.Of(written[1]), rule, "split it up", "%s is exactly one of %s; here is both %s and %s", what, either(keys), written[0], written[1])
	}
}

func (c *checker) enum(marks source.Marks, key, value string, allowed ...string) {
	if marks.Has(key) && !slices.Contains(allowed, value) {
		c.found.Errorf(marks.Of(key), "playbook/value", didYouMean(value, allowed), "%q is not a value of %s, which is %s", value, key, either(allowed))
	}
}

// didYouMean is a hint where the alternatives are named already.
func didYouMean(word string, allowed []string) string {
	if near := source.Nearest(word, allowed); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

func (c *checker) number(marks source.Marks, key string, value, least, most int) {
	if marks.Has(key) && (value < least || value > most) {
		c.found.Errorf(marks.Of(key), "playbook/number", "", "%s is from %d to %d, not %d", key, least, most, value)
	}
}

func (c *checker) duration(marks source.Marks, key string, value, least time.Duration) {
	if marks.Has(key) && (value < least || value > longest) {
		c.found.Errorf(marks.Of(key), "playbook/duration", "", "%s is from %v to %v, not %v", key, model.Duration(least), model.Duration(longest), model.Duration(value))
	}
}

// filled checks that a list which is written names somebody or something.
func (c *checker) filled(marks source.Marks, key string, length int) {
	if marks.Has(key) && length == 0 {
		c.found.Errorf(marks.Of(key), "playbook/empty", "name at least one, or leave the key out", "%s is empty", key)
	}
}

func (c *checker) id(marks source.Marks, key, value string) {
	if !marks.Has(key) {
		return
	}
	if !identifier.MatchString(value) || len(value) > mostIDLength {
		c.found.Errorf(marks.Of(key), "playbook/id", "ids are read out on the phone and become part of keys",
			"%q is not an id: at most %d of a-z, 0-9 and -", value, mostIDLength)
	}
}

func (c *checker) knownStep(marks source.Marks, key, id string) {
	if c.p.Index(id) < 0 {
		c.found.Errorf(marks.Of(key), "playbook/unknown-step", source.DidYouMean(id, c.stepIDs()), "there is no step %q", id)
	}
}

func (c *checker) stepIDs() []string {
	ids := make([]string, 0, len(c.p.Steps))
	for _, s := range c.p.Steps {
		ids = append(ids, s.ID)
	}
	return ids
}
