package actions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/playbooks"
)

// perPoll is how long one poll may take, and defaultEvery how long to wait between two.
const (
	perPoll      = 10 * time.Second
	defaultEvery = 5 * time.Second
)

// verify polls until what the step wants holds, and has held without a break for as long as it says.
func (h *Hands) verify(ctx context.Context, e incident.Effect) incident.Result {
	v := e.Verify
	if v.Service != "" {
		return failed("a service's state is measured from alerts, not polled")
	}
	var since time.Time
	reason := errors.New("no answer")
	for {
		failpoint.Hit("actions/verify/polling")
		err := h.poll(ctx, e)
		var missing *callError
		if errors.As(err, &missing) && missing.reach == notAllowed {
			return failed("cannot be asked: %v", err)
		}
		if err != nil && ctx.Err() != nil { // the poll that was cut off says nothing new
			return unknown("not true in time; last: %v", reason)
		}
		if err != nil {
			since, reason = time.Time{}, err
		} else if since.IsZero() {
			since = time.Now()
		}
		held := time.Duration(0)
		if !since.IsZero() {
			if held = time.Since(since); held >= v.For {
				failpoint.Hit("actions/verify/held")
				return done(fmt.Sprintf("held for %s", held.Round(time.Second)))
			}
			reason = fmt.Errorf("it has held for only %s of %s", held.Round(time.Second), v.For)
		}
		if !sleep(ctx, interval(v, since, held)) {
			return unknown("not true in time; last: %v", reason)
		}
	}
}

// interval is the wait before the next poll; the last one of a stable period comes exactly at its end.
func interval(v *playbooks.Verify, since time.Time, held time.Duration) time.Duration {
	every := v.Every
	if every <= 0 {
		every = defaultEvery
	}
	if !since.IsZero() {
		every = min(every, v.For-held)
	}
	return every
}

// poll asks once. It sends no key: a target that knows keys would answer from memory instead of looking.
func (h *Hands) poll(ctx context.Context, e incident.Effect) error {
	ctx, cancel := context.WithTimeout(ctx, perPoll)
	defer cancel()
	if do := e.Verify.NATS; do != nil {
		_, err := h.request(ctx, do, marks(e))
		return err
	}
	if do := e.Verify.Prometheus; do != nil {
		return h.prometheus(ctx, do, marks(e))
	}
	do := e.Verify.HTTP
	if do == nil {
		return &callError{notAllowed, errors.New("the step says nothing that can be polled")}
	}
	a, missing := h.call(ctx, request{method: method(do, http.MethodGet), url: do.URL, header: do.Header, own: marks(e), body: do.Body})
	switch {
	case missing != nil:
		return missing
	case !wanted(do, a.status):
		return fmt.Errorf("%s answered %s", a.target, status(a))
	case do.Reply != nil && !a.says(do.Reply):
		return fmt.Errorf("%s answered %s, which %w", a.target, status(a), errNotSaid)
	}
	return nil
}

// sleep waits; false: the time to wait in was over first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
