package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/playbooks"
)

// Headers of a request to a target, and of its answer.
const (
	headerKey   = "Holdfast-Key"
	headerError = "Holdfast-Error"
)

// nats carries out a run step by a request.
func (h *Hands) nats(ctx context.Context, e incident.Effect) incident.Result {
	own := marks(e)
	own[headerKey] = e.Key
	own[nats.MsgIdHdr] = e.Key // a stream that takes the request in stores it once
	failpoint.Hit("actions/nats/sending")
	output, err := h.request(ctx, e.Do.NATS, own)
	failpoint.Hit("actions/nats/answered")
	var missing *callError
	switch {
	case errors.Is(err, errNotSaid):
		return unknown("%v: whether it was done is not known", err)
	case errors.As(err, &missing) && missing.reach == maybeSent:
		return unknown("no answer, so it is not known whether it was done: %v", err)
	case errors.As(err, &missing), errors.Is(err, nats.ErrNoResponders):
		return nothing("%v", err)
	case err != nil:
		return failed("%v", err)
	}
	return done(output)
}

// request asks on an allow-listed subject. A *callError says how far it came; any other error is the
// target's no.
func (h *Hands) request(ctx context.Context, do *playbooks.NATS, own map[string]string) (string, error) {
	m, err := h.message(do, own)
	switch {
	case errors.Is(err, errSecret):
		return "", &callError{notSent, err} // it may be there the next time
	case err != nil:
		return "", &callError{notAllowed, err}
	}
	reply, err := h.conn.RequestMsgWithContext(ctx, m)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return "", fmt.Errorf("nobody listens on %s (%w)", do.Subject, err)
	case err != nil:
		missing := &callError{maybeSent, fmt.Errorf("%s: %w", do.Subject, err)}
		if slices.ContainsFunc(unsent, func(u error) bool { return errors.Is(err, u) }) {
			missing.reach = notSent
		}
		return "", missing
	}
	answer, cut := string(reply.Data[:min(len(reply.Data), readAtMost)]), len(reply.Data) > readAtMost
	told := h.vault.tell(answer, cut, keep)
	if reason := refusal(reply); reason != "" {
		return "", fmt.Errorf("%s answered: %s", do.Subject, h.vault.tell(reason, false, keep))
	}
	if do.Reply != nil && (cut || !playbooks.Says(answer, do.Reply)) {
		return "", fmt.Errorf("%s answered %q, which %w", do.Subject, clip(told, 200), errNotSaid)
	}
	return told, nil
}

var errNotSaid = errors.New("is not what the playbook wants it to say")

// refusal is why a target says no: by holdfast's header, by that of NATS services, or as a stream says that it did not
// take the request in.
func refusal(reply *nats.Msg) string {
	for _, name := range []string{headerError, "Nats-Service-Error"} {
		if reason := reply.Header.Get(name); reason != "" {
			return reason
		}
	}
	var stream struct {
		Error *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if json.Unmarshal(reply.Data, &stream) == nil && stream.Error != nil && stream.Error.Code != 0 {
		return fmt.Sprintf("%s (%d)", stream.Error.Description, stream.Error.Code)
	}
	return ""
}

// unsent are the errors of a request that never left: the connection buffers nothing while it is down.
var unsent = []error{nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrReconnectBufExceeded, nats.ErrMaxPayload, nats.ErrBadSubject, nats.ErrInvalidConnection, nats.ErrHeadersNotSupported}

func (h *Hands) message(do *playbooks.NATS, own map[string]string) (*nats.Msg, error) {
	if h.conn == nil {
		return nil, errors.New("there is no NATS connection for actions")
	}
	if err := AllowedSubject(h.subjects, do.Subject); err != nil {
		return nil, err
	}
	header, err := h.vault.texts(do.Header, recipient{subject: do.Subject})
	if err != nil {
		return nil, err
	}
	m := nats.NewMsg(do.Subject)
	for name, value := range header {
		m.Header.Set(name, value)
	}
	for name, value := range own {
		m.Header.Set(name, value)
	}
	if do.Request != nil {
		request, err := h.vault.body(do.Request, recipient{subject: do.Subject})
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(request)
		if err != nil {
			return nil, fmt.Errorf("the request cannot be written as JSON: %w", err)
		}
		m.Data = text
	}
	return m, nil
}

// checkSubject refuses subjects that no playbook may send to, whatever the allow-list says: patterns, NATS' own, and
// holdfast's own logs.
func checkSubject(subject string) error {
	for _, token := range strings.Split(subject, ".") {
		if token == "" || token == "*" || token == ">" || strings.ContainsAny(token, " \t\r\n\x00") {
			return fmt.Errorf("subject %q is not one that can be sent to: it needs plain words between dots", subject)
		}
	}
	if first, _, _ := strings.Cut(subject, "."); strings.HasPrefix(first, "$") || strings.HasPrefix(first, "_") || first == "holdfast" {
		return fmt.Errorf("subject %q belongs to NATS or to holdfast itself; no step sends there", subject)
	}
	return nil
}

// checkPattern refuses a line of the allow-list that cannot be right.
func checkPattern(pattern string) error {
	tokens := strings.Split(pattern, ".")
	for i, token := range tokens {
		switch {
		case i == 0 && (token == "*" || token == ">"):
			return fmt.Errorf("subject %q would let a step send anywhere: name at least the first word", pattern)
		case token == ">" && i < len(tokens)-1:
			return fmt.Errorf("subject %q: > stands for all that follows and so comes last", pattern)
		}
		if token == "*" || token == ">" {
			tokens[i] = "x"
		}
	}
	return checkSubject(strings.Join(tokens, "."))
}
