package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/invoker/actions"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// notAllowed finds everything that the documents want touched and `actions` of holdfast.yaml does not let them touch. A
// playbook with such a step gets stuck there, on the night it is needed.
func notAllowed(a config.Actions, docs *incident.Documents) source.Problems {
	w := newWarden(a, func(config.For) bool { return true })
	for _, p := range docs.Playbooks {
		for _, s := range p.All() {
			w.step(s)
		}
	}
	if docs.People != nil {
		for _, id := range slices.Sorted(maps.Keys(docs.People.People)) {
			w.person(docs.People.People[id])
		}
	}
	return w.problems
}

// A warden holds the documents against what may be touched.
type warden struct {
	actions.Reach
	problems source.Problems
}

// newWarden is one for the runs that pass. What cannot be read of the allow-list is a problem of the configuration.
func newWarden(a config.Actions, passes func(config.For) bool) *warden {
	w := &warden{}
	w.Subjects, w.Commands = a.NATS.Named(passes), map[string]actions.Command{}
	for _, line := range a.HTTP.Named(passes) {
		if t, err := actions.ParseTarget(line); err == nil {
			w.HTTP = append(w.HTTP, t)
		}
	}
	for name, c := range a.Exec {
		if passes(c.For) {
			w.Commands[name] = actions.Command{}
		}
	}
	return w
}

func (w *warden) step(s *playbooks.Step) {
	if run := s.Run; run != nil {
		w.http(run.HTTP)
		w.nats(run.NATS)
		w.exec(run.Exec)
	}
	if verify := s.Verify; verify != nil {
		w.http(verify.HTTP)
		w.nats(verify.NATS)
	}
}

func (w *warden) http(h *playbooks.HTTP) {
	if h != nil {
		w.url(h.Marks.Of("url"), h.URL)
	}
}

func (w *warden) url(at source.Mark, url string) {
	target, err := actions.AllowedURL(w.HTTP, url)
	if err == nil {
		return
	}
	hint := "write an address that can be called, such as https://fence.internal/north"
	if target != (actions.Target{}) {
		hint = fmt.Sprintf("add to holdfast.yaml: actions: {http: {allow: [%q]}}", target)
	}
	w.refuse(at, hint, err)
}

func (w *warden) nats(n *playbooks.NATS) {
	if n == nil {
		return
	}
	if err := actions.AllowedSubject(w.Subjects, n.Subject); err != nil {
		w.refuse(n.Marks.Of("subject"), fmt.Sprintf("add to holdfast.yaml: actions: {nats: {allow: [%s]}}", n.Subject), err)
	}
}

func (w *warden) exec(e *playbooks.Exec) {
	if e == nil {
		return
	}
	if err := actions.AllowedCommand(w.Commands, e.Command); err != nil {
		hint := fmt.Sprintf("add to holdfast.yaml: actions: {exec: {%s: {argv: [/absolute/path/of/the/program]}}}", strconv.Quote(e.Command))
		if near := source.Nearest(e.Command, slices.Sorted(maps.Keys(w.Commands))); near != "" {
			hint = fmt.Sprintf("did you mean %q? Else %s", near, hint)
		}
		w.refuse(e.Marks.Of("command"), hint, err)
	}
}

func (w *warden) person(p *oncall.Person) {
	for _, c := range p.Channels {
		if c.Webhook != "" {
			w.url(c.Marks.Of("webhook"), c.Webhook)
		}
	}
}

func (w *warden) refuse(at source.Mark, hint string, err error) {
	w.problems.Errorf(at, "config/action-not-allowed", hint, "%v", err)
}
