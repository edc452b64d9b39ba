package actions

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/oncall"
)

// perChannel is how long one channel may take before the next is tried: a person who cannot be reached one way must be
// tried another way while it still helps.
const perChannel = 10 * time.Second

// A message is a notice as a webhook gets it.
type message struct {
	Incident string `json:"incident"`
	Run      string `json:"run,omitempty"`
	Step     string `json:"step,omitempty"`
	Exercise string `json:"exercise,omitempty"` // of what kind; left out: it is live
	Person   string `json:"person"`
	Subject  string `json:"subject"`
	Body     string `json:"body"`
	URL      string `json:"url,omitempty"` // where to act
	Key      string `json:"key"`           // the same when it is sent again
}

// notify tells a person, by the first of their channels that works.
func (h *Hands) notify(ctx context.Context, e incident.Effect) incident.Result {
	m := message{
		Incident: e.Incident,
		Run:      e.Run,
		Step:     e.Step,
		Exercise: string(e.Exercise),
		Person:   e.Notice.Person,
		Subject:  e.Notice.Subject,
		Body:     e.Notice.Body,
		Key:      e.Key,
	}
	switch {
	case h.base == "":
	case e.Incident == "": // it is about holdfast itself
		m.URL = h.base + "/"
	default:
		m.URL = h.base + "/incidents/" + e.Incident
	}
	var channels []oncall.Channel
	if h.channels != nil {
		channels = h.channels(m.Person)
	}
	if len(channels) == 0 {
		return failed("%s has no channel in people.yaml and cannot be told", m.Person)
	}
	for round := 0; ; round++ {
		name, tried := h.tellBy(ctx, channels, m, e)
		switch {
		case name != "":
			return incident.Result{Channel: name}
		case round == len(h.pauses) || !pause(ctx, h.pauses[round]):
			return failed("%s was not reached: %s", m.Person, strings.Join(tried, "; "))
		}
	}
}

// pauses lie between the rounds through a person's channels: a pager that is away for seconds must not cost a page, and
// one that is away for longer must not hold up the run.
var pauses = []time.Duration{2 * time.Second, 8 * time.Second}

// pause waits, unless the effect's time ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tellBy goes through the channels once, and names the first that worked, else says why each did not.
func (h *Hands) tellBy(ctx context.Context, channels []oncall.Channel, m message, e incident.Effect) (name string, tried []string) {
	for _, c := range channels {
		name, err := h.tell(ctx, c, m, e)
		if err == nil {
			return name, nil
		}
		tried = append(tried, fmt.Sprintf("%s: %v", name, err))
	}
	return "", tried
}

func (h *Hands) tell(ctx context.Context, c oncall.Channel, m message, e incident.Effect) (name string, err error) {
	if c.Log {
		h.log.Warn().Str("incident", m.Incident).Str("person", m.Person).Str("key", m.Key).Str("url", m.URL).
			Str("body", m.Body).Msg(m.Subject)
		return "log", nil
	}
	ctx, cancel := context.WithTimeout(ctx, perChannel)
	defer cancel()
	own := marks(e)
	own["Idempotency-Key"] = e.Key
	failpoint.Hit("actions/notice/sending")
	a, missing := h.call(ctx, request{method: http.MethodPost, url: c.Webhook, own: own, body: m})
	failpoint.Hit("actions/notice/sent")
	switch {
	case missing != nil:
		return "webhook", missing
	case a.status < 200 || a.status >= 300:
		// What was answered may say whom it did not find, and the reason goes into the journal for ever: it stays in the log.
		if a.body != "" {
			h.log.Warn().Str("person", m.Person).Str("key", m.Key).Int("status", a.status).Str("said", clip(a.body, 200)).Msg("a channel did not take a notice")
			a.body = ""
		}
		return "webhook", fmt.Errorf("%s answered %s", a.target, status(a))
	}
	return "webhook", nil
}
