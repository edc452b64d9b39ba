package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
)

// Waiting asks once in a while, because a daemon that is restarted meanwhile must not end it.
const (
	waitEvery = time.Second
	waitLimit = 10 * time.Minute
)

// A goal is something about an incident that can be waited for.
type goal struct {
	reached func(console.Incident) bool
	lost    string // what it means if the incident is closed and the goal was not reached
}

var goals = map[string]goal{
	"declared":  {reached: func(i console.Incident) bool { return !i.DeclaredAt.IsZero() }, lost: "it was closed without having been declared"},
	"recovered": {reached: recovered, lost: "it was closed with a service not back"},
	"closed":    {reached: func(i console.Incident) bool { return !i.Closed.IsZero() }},
}

// recovered reports whether every service that went down is back.
func recovered(i console.Incident) bool {
	for _, r := range i.Recoveries {
		if r.Restored.IsZero() {
			return false
		}
	}
	return len(i.Recoveries) > 0
}

// waitFor is `holdfast incident ID --wait-for GOAL`.
func waitFor(c *cobra.Command, name string, args []string) error {
	wanted, known := goals[name]
	if !known {
		return misused("declared, recovered or closed", "there is no waiting for %q", name)
	}
	if len(args) == 0 {
		return misused("holdfast incident INCIDENT --wait-for "+name, "wait for which incident?")
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	daemon, err := newClient(c)
	if err != nil {
		return err
	}
	limit, _ := c.Flags().GetDuration("timeout")
	if limit <= 0 {
		limit = waitLimit
	}
	ctx, cancel := context.WithTimeout(contextOf(c), limit)
	defer cancel()
	i, body, err := daemon.await(ctx, args[0], wanted)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
		return exitWith(exitTimedOut, "`holdfast incident "+printable(args[0])+"` shows where it stands", "%s was not %s within %s", args[0], name, limit)
	}
	if err != nil {
		return err
	}
	if out.json {
		err = out.raw(body)
	} else {
		printIncident(out, i)
	}
	if err := errors.Join(err, out.flush()); err != nil {
		return err
	}
	return late(i, name)
}

// await asks until the goal is reached, can no longer be reached, or ctx ends.
func (c *client) await(ctx context.Context, id string, wanted goal) (console.Incident, []byte, error) {
	for {
		var i console.Incident
		body, err := c.read(ctx, incidentPath(id, ""), &i)
		switch {
		case err != nil && exitCode(err) != exitUnreachable:
			return i, nil, err
		case err == nil && wanted.reached(i):
			return i, body, nil
		case err == nil && !i.Closed.IsZero():
			return i, nil, failed("", "%s", wanted.lost)
		}
		select {
		case <-ctx.Done():
			return i, nil, ctx.Err()
		case <-time.After(waitEvery):
		}
	}
}

// late is the error of an incident that recovered, but missed an objective.
func late(i console.Incident, goal string) error {
	if goal == "declared" {
		return nil
	}
	for _, r := range i.Recoveries {
		if !r.Missed.IsZero() || !r.Clocks.Deadline.IsZero() && r.Restored.After(r.Clocks.Deadline) {
			return exitWith(exitMissed, "", "%s was not back by its deadline %s (%s)", r.Service, clockTime(r.Clocks.Deadline), r.Clocks.DeadlineBy)
		}
	}
	return nil
}
