package actions

import (
	"errors"
	"fmt"
	"holdfast/internal/subjects"
	"net/url"
	"slices"
)

// AllowedURL is an error unless a step or a notice may call a URL where these are the targets. The target is told in
// either case, as far as the URL has one: it is the line that the allow-list would need.
func AllowedURL(targets []Target, text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, errors.New("the URL cannot be read")
	}
	target, err := targetOf(u)
	if err != nil {
		return Target{}, fmt.Errorf("the URL cannot be called: %w", err)
	}
	if !slices.Contains(targets, target) {
		return target, fmt.Errorf("%s is not on the allow-list of holdfast.yaml (actions: http: allow)", target)
	}
	return target, nil
}

// AllowedSubject is an error unless a step may send to a subject where these are the patterns.
func AllowedSubject(patterns []string, subject string) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	if !slices.ContainsFunc(patterns, func(pattern string) bool { return subjects.Covers(pattern, subject) }) {
		return fmt.Errorf("subject %q is not on the allow-list of holdfast.yaml (actions: nats: allow)", subject)
	}
	return nil
}

// AllowedCommand is an error unless a step may run a command where these are named.
func AllowedCommand[C any](commands map[string]C, name string) error {
	if _, ok := commands[name]; !ok {
		return fmt.Errorf("command %q is not named in holdfast.yaml (actions: exec)", name)
	}
	return nil
}
