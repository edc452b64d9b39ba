package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/invoker"
)

// An alarm pages people because holdfast itself is sick. It needs no journal: what it says may be that there is none.
type alarm struct {
	hands   invoker.Hands
	library *library
	log     zerolog.Logger
	key     string // a receiver tells a repetition by it
}

func newAlarm(hands invoker.Hands, library *library, log zerolog.Logger) *alarm {
	return &alarm{hands, library, log.With().Str("part", "alarm").Logger(), "holdfast/sick/" + rand.Text()}
}

// alarmAgain is how long it waits when nobody could be reached.
const alarmAgain = 30 * time.Second

// watch raises it when the invoker takes its hands off.
func (a *alarm) watch(ctx context.Context, will *house) error {
	for {
		if why := ill(will.Status()); why != "" {
			a.raise(ctx, why)
			<-ctx.Done()
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// ill says why people have to carry on by hand, all of it or a part; empty: they do not.
func ill(s invoker.Status) string {
	switch {
	case s.HandsOff != "":
		return "holdfast takes its hands off: " + s.HandsOff
	case s.Gap != "" && s.Live:
		return "holdfast leaves to people the incidents that were open, and declarations: " + s.Gap
	}
	return ""
}

// raise tells whoever may declare a disaster, and their successors where none of them can be reached, until somebody is.
func (a *alarm) raise(ctx context.Context, why string) {
	for round := 1; ctx.Err() == nil; round++ {
		for _, role := range a.roles() {
			if a.tell(ctx, role, round, why) {
				return
			}
		}
		a.log.Error().Int("round", round).Msg("NOBODY COULD BE TOLD that holdfast needs people")
		select {
		case <-ctx.Done():
		case <-time.After(alarmAgain):
		}
	}
}

// roles are those to be told, one after the other.
func (a *alarm) roles() (roles []string) {
	docs := a.library.documents()
	if authority := docs.BIA.Declaration.Authority; authority != "" {
		roles = append(roles, authority)
	}
	return append(roles, docs.BIA.Declaration.Successors...)
}

// tell reports whether anybody who has a role was reached.
func (a *alarm) tell(ctx context.Context, role string, round int, why string) bool {
	people := a.library.documents().People
	if people == nil {
		return false
	}
	var all sync.WaitGroup
	line := people.Line(role, time.Now())
	reached := make([]bool, len(line))
	for n, person := range line {
		all.Go(func() {
			r := a.hands.Carry(ctx, incident.Effect{Key: fmt.Sprintf("%s/%s", a.key, person), Attempt: round, Until: time.Now().Add(time.Minute),
				Notice: &incident.Notice{Person: person, Subject: "holdfast needs people: carry on by hand", Body: a.body(role, why)}})
			reached[n] = r.Outcome == ""
			a.log.Warn().Str("person", person).Str("role", role).Str("channel", r.Channel).Str("outcome", string(r.Outcome)).Str("reason", printable(r.Reason)).
				Msg("told that holdfast needs people")
		})
	}
	all.Wait()
	for _, yes := range reached {
		if yes {
			return true
		}
	}
	return false
}

func (a *alarm) body(role, why string) string {
	return strings.Join([]string{why,
		"Watch your monitoring yourselves, and decide as the plans say; the playbooks and who is on call are still shown.",
		"You are told because you have the role " + role + ".",
	}, "\n")
}
