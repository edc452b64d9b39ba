package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"holdfast/bia"
	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/invoker/actions"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// notAllowed finds everything that the documents want touched and `actions` of holdfast.yaml does not let them touch. A
// playbook with such a step gets stuck there, on the night it is needed.
func notAllowed(c *config.Config, docs *incident.Documents) source.Problems {
	w := newWarden(c, func(config.For) bool { return true })
	for _, p := range docs.Playbooks {
		for _, s := range p.All() {
			w.step(s)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(docs.BIA.Probes)) {
		w.probe(docs.BIA.Probes[id])
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
	TCP      []actions.Target
	secrets  map[string]*config.Secret
	problems source.Problems
}

// newWarden is one for the runs that pass. What cannot be read of the allow-list is a problem of the configuration.
func newWarden(c *config.Config, passes func(config.For) bool) *warden {
	a, w := c.Actions, &warden{secrets: c.Secrets}
	w.Subjects, w.Commands = a.NATS.Named(passes), map[string]actions.Command{}
	for _, line := range a.HTTP.Named(passes) {
		if t, err := actions.ParseTarget(line); err == nil {
			w.HTTP = append(w.HTTP, t)
		}
	}
	for _, line := range a.TCP.Allow {
		if t, err := actions.ParseEndpoint(line); err == nil {
			w.TCP = append(w.TCP, t)
		}
	}
	for name, c := range a.Exec {
		if passes(c.For) {
			w.Commands[name] = actions.Command{Accepts: c.Accepts}
		}
	}
	return w
}

func (w *warden) step(s *playbooks.Step) {
	w.run(s.Run)
	if s.Undo != nil {
		w.run(s.Undo.Run)
	}
	if verify := s.Verify; verify != nil {
		w.http(verify.HTTP)
		w.nats(verify.NATS)
		if p := verify.Prometheus; p != nil {
			w.url(p.Marks.Of("url"), p.URL)
		}
	}
	for _, m := range s.Secrets() {
		w.secret(m)
	}
}

// secret wants that holdfast.yaml says where a secret is kept. Whether it is there is seen when it is needed.
func (w *warden) secret(m playbooks.SecretMention) {
	if kept := w.secrets[string(m.Name)]; kept != nil {
		if err := kept.Kept().MayHave(m); err != nil {
			w.refuse(m.At, "refer to the secret that is kept for it, or add it under only", fmt.Errorf("secret %s: %w", m.Name, err))
		}
		return
	}
	hint := fmt.Sprintf("add to holdfast.yaml: secrets: {%s: {file: /absolute/path}}", m.Name)
	if near := source.Nearest(string(m.Name), slices.Sorted(maps.Keys(w.secrets))); near != "" {
		hint = fmt.Sprintf("did you mean %q? Else %s", near, hint)
	}
	w.problems.Errorf(m.At, "config/unknown-secret", hint, "holdfast.yaml does not say where the secret %q is kept", m.Name)
}

func (w *warden) run(run *playbooks.Run) {
	if run != nil {
		w.http(run.HTTP)
		w.nats(run.NATS)
		w.exec(run.Exec)
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

// probe wants that holdfast may look at what it is to look at.
func (w *warden) probe(p *bia.Probe) {
	if p.HTTP != nil {
		w.url(p.HTTP.Marks.Of("url"), p.HTTP.URL)
	}
	if p.TCP != "" {
		if err := actions.AllowedEndpoint(w.TCP, p.TCP); err != nil {
			w.refuse(p.Marks.Of("tcp"), fmt.Sprintf("add to holdfast.yaml: actions: {tcp: {allow: [%q]}}", p.TCP), err)
		}
	}
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
		return
	}
	command := w.Commands[e.Command]
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		if !slices.Contains(command.Accepts, name) {
			w.refuse(e.Marks.Of("env."+name+":"), fmt.Sprintf("add to the command in holdfast.yaml: accepts: [%s]", name),
				fmt.Errorf("command %s does not accept the variable %s", e.Command, name))
		}
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
