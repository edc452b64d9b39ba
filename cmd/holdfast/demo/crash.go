package demo

import (
	"context"
	"errors"
	"slices"
	"time"

	"holdfast/console"
	"holdfast/incident"
)

var (
	errNeverUnderWay = errors.New("the step to kill the daemon at was never seen under way, so it was not killed")
	errOther         = errors.New("after the restart it was another incident or another run")
)

// A crash is what was known when the daemon was killed.
type crash struct {
	happened bool
	incident string
	runs     []string
}

// kill kills the daemon while a step is under way, and starts it again.
func (s *stage) kill(ctx context.Context) {
	for sleep(ctx, 50*time.Millisecond) {
		i, step, found := s.underWay(ctx, s.KillAt)
		if !found || !sleep(ctx, 300*time.Millisecond) {
			continue
		}
		s.daemon.kill()
		s.crash = crash{happened: true, incident: i.ID, runs: runsOf(i)}
		s.say(toneLoud, "SIGKILL", "the daemon is killed while step %s (%s) is under way", step.ID, step.Status)
		if !sleep(ctx, 500*time.Millisecond) {
			return
		}
		if err := s.daemon.start(ctx, s.api); err != nil {
			s.failure <- err
			return
		}
		s.sayRestarted(ctx)
		return
	}
}

// underWay finds the step that something or somebody is at.
func (s *stage) underWay(ctx context.Context, id string) (i console.Incident, step incident.StepState, found bool) {
	list, err := s.api.incidents(ctx)
	if err != nil {
		return i, step, false
	}
	for _, status := range list.Incidents {
		i, err := s.api.incident(ctx, status.ID)
		if err != nil {
			return i, step, false
		}
		for _, run := range i.Runs {
			at := slices.IndexFunc(run.Steps, func(s incident.StepState) bool {
				return s.ID == id && (s.Status == incident.Running || s.Status == incident.Waiting)
			})
			if at >= 0 {
				return i, run.Steps[at], true
			}
		}
	}
	return i, step, false
}

func runsOf(i console.Incident) []string {
	var runs []string
	for _, r := range i.Runs {
		runs = append(runs, r.ID+" "+r.Digest)
	}
	return runs
}

// sayRestarted tells what the daemon knows again.
func (s *stage) sayRestarted(ctx context.Context) {
	status, err := s.api.status(ctx)
	if err != nil {
		s.failure <- err
		return
	}
	i, err := s.api.incident(ctx, s.crash.incident)
	if err != nil || !slices.Equal(runsOf(i), s.crash.runs) {
		s.failure <- errors.Join(errOther, err)
		return
	}
	s.say(toneGood, "restarted", "epoch %d knows %s and its run again; its clock has run on: out since %s", status.Epoch, i.ID,
		i.Verdict.Since.Local().Format("15:04:05"))
}
