package main

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/oncall/sealed"
)

// rosterDir is where the copy of people.yaml is kept, below the records.
const rosterDir = "people"

// A rosterCopy is the sealed copy of people.yaml, kept at every start and reload; nil: there is none.
type rosterCopy struct {
	store sealed.Store
	why   error     // people.yaml could not be read the last time; nil: it could, or was not there
	made  time.Time // of the copy that stands in for people.yaml; zero: none does
}

func newRosterCopy(records string) *rosterCopy {
	if records == "" {
		return nil
	}
	return &rosterCopy{store: sealed.Store{Dir: filepath.Join(records, rosterDir), Random: rand.Reader}}
}

// standsIn puts the copy in the place of a people.yaml that is not there (why is nil) or cannot be read, and reports
// whether it could.
func (c *rosterCopy) standsIn(files map[string]string, why error) bool {
	if c == nil {
		return false
	}
	text, made, err := c.store.People()
	if err != nil {
		return false
	}
	c.made, c.why = made, why
	files["people.yaml"] = text
	return true
}

// roster keeps the copy of people.yaml, or says loudly that the copy is what people are told by, and how the documents
// were read.
func (l *library) roster(docs *incident.Documents) console.Reload {
	last := console.Reload{OK: true, At: time.Now()}
	c := l.copied
	switch {
	case c == nil || docs.People == nil:
	case !c.made.IsZero():
		last.OK, last.Error = false, c.loud()
		l.log.Error().Time("copied", c.made).AnErr("why", c.why).Msg("PEOPLE.YAML IS LOST: people are told, and prove who they are, by the sealed copy that is kept beside the journal")
		c.made = time.Time{}
	default:
		left, err := c.store.Keep(docs.People, docs.Files["people.yaml"])
		failpoint.Hit("people/kept")
		if err != nil {
			l.log.Error().Err(err).Msg("no copy of people.yaml is kept: if it is lost, nobody can be reached")
		}
		if len(left) > 0 {
			l.log.Warn().Strs("people", left).Msg("people who are no longer in people.yaml are still in its sealed copy: `holdfast people forget ID`")
		}
	}
	return last
}

func (c *rosterCopy) loud() string {
	why := "it is not there"
	if c.why != nil {
		why, _, _ = strings.Cut(c.why.Error(), "\n")
	}
	return fmt.Sprintf("PEOPLE.YAML IS LOST (%s): people are told by the sealed copy of %s; put it back and reload", why, clockTime(c.made))
}
