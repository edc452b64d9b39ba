package actions

import (
	"holdfast/incident"
	"holdfast/playbooks"
)

// A Reach is what runs of one sort may touch.
type Reach struct {
	HTTP     []Target
	Subjects []string
	Commands map[string]Command
}

// rehearsing is the configuration of the hands that exercises have. They hold no door, no subject and no command but those
// of Reach: there is nothing in them by which an exercise could touch what is for live runs only.
func (c Config) rehearsing() Config {
	c.HTTP, c.Subjects, c.Commands = c.Exercise.HTTP, c.Exercise.Subjects, c.Exercise.Commands
	c.Exercise = Reach{}
	return c
}

// of are the hands for an effect. People are told by the same hands whatever the run is: their channels are theirs, and
// the notice says what it is about.
func (h *Hands) of(e incident.Effect) *Hands {
	if e.Exercise == "" || e.Notice != nil {
		return h
	}
	return h.exercise
}

// explain adds to what an exercise was not allowed to do that a live run would have been.
func (h *Hands) explain(e incident.Effect, r incident.Result) incident.Result {
	if r.Outcome == incident.Failed && h.exercise.allows(e) != nil && h.allows(e) == nil {
		r = nothing("not done: it is for live runs only (holdfast.yaml: actions, for: live), and an exercise does not reach it; open it with for: both, or leave the step out of exercises")
	}
	return r
}

// allows is an error where nothing lets these hands touch what an effect wants touched.
func (h *Hands) allows(e incident.Effect) error {
	var http *playbooks.HTTP
	var nats *playbooks.NATS
	switch {
	case e.Do != nil && e.Do.Exec != nil:
		return AllowedCommand(h.commands, e.Do.Exec.Command)
	case e.Do != nil:
		http, nats = e.Do.HTTP, e.Do.NATS
	case e.Verify != nil && e.Verify.Prometheus != nil:
		_, err := AllowedURL(h.targets(), e.Verify.Prometheus.URL)
		return err
	case e.Verify != nil:
		http, nats = e.Verify.HTTP, e.Verify.NATS
	}
	switch {
	case http != nil:
		_, err := AllowedURL(h.targets(), http.URL)
		return err
	case nats != nil:
		return AllowedSubject(h.subjects, nats.Subject)
	}
	return nil
}

func (h *Hands) targets() (all []Target) {
	for t := range h.doors {
		all = append(all, t)
	}
	return all
}
