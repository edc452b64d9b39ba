package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"holdfast/detector/alert"
	"holdfast/internal/failpoint"
)

// Limits of the bridge. A body up to maxInline goes through as it is; a longer one is split between its alerts, for NATS
// takes no message over 1 MiB. What cannot be split goes through whole while it fits, else its first headBytes do, so that
// the ears bury it with the reason: nothing that was sent disappears without a trace.
const (
	maxBody   = 32 << 20
	maxInline = 512 << 10
	headBytes = 64 << 10
	atOnce    = 4 // long bodies held in memory at a time
)

// Headers of a message that holds only the beginning of what was sent.
const (
	headerLength = "Holdfast-Original-Length" // bytes; absent where it was never read to its end
	headerSHA256 = "Holdfast-Original-SHA256" // hex, of the whole
	headerReason = "Holdfast-Reason"          // one of alert.Reason
	headerDetail = "Holdfast-Detail"          // the same in words
)

var sourceName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// bridge takes what an Alertmanager, or any other monitoring, posts and does one thing with it: it puts it into the alert log.
type bridge struct {
	to       Publisher
	together *together
	slots    chan struct{}
}

func newBridge(to Publisher) *bridge {
	return &bridge{to: to, together: newTogether(to), slots: make(chan struct{}, atOnce)}
}

// Stored is the answer to alerts that are in the alert log, on disk.
type Stored struct {
	Subject  string `json:"subject"`
	Messages int    `json:"messages"`
	Sequence uint64 `json:"sequence"`         // of the last message
	Reason   string `json:"reason,omitempty"` // why the alerts will not be understood, where that is known already
}

// alerts is POST /api/v1/alerts/{source}; a source in the query stands above the one in the path, so that every
// Alertmanager may post to /api/v1/alerts/alertmanager. What is posted goes to holdfast.alerts.{source} as it is, in whatever
// format. Alertmanager sends again what was answered with 5xx, so 2xx is said only when the last piece is stored; it never
// sends again what was answered with 4xx, so that is for senders in error.
func (c *console) alerts(w http.ResponseWriter, r *http.Request) {
	source := sourceOf(r)
	if !sourceName.MatchString(source) {
		writeProblem(w, badRequest(fmt.Sprintf("%q cannot name a source", source), "lower case letters, digits and hyphens, at most 63"))
		return
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		writeProblem(w, Problem{Type: "encoded", Status: http.StatusUnsupportedMediaType, Detail: "alerts are sent without Content-Encoding"})
		return
	}
	stored, problem := c.bridge.take(r.Context(), "holdfast.alerts."+source, signature(r.Header), http.MaxBytesReader(w, r.Body, maxBody))
	failpoint.Hit("bridge/stored")
	if problem != nil {
		c.Logger.Warn().Str("source", source).Int("status", problem.Status).Str("detail", problem.Detail).Msg("alerts were not taken")
		writeProblem(w, *problem)
		return
	}
	writeJSON(w, stored)
	failpoint.Hit("bridge/answered")
}

// sourceOf is what a request posts alerts to.
func sourceOf(r *http.Request) string {
	return cmp.Or(r.URL.Query().Get("source"), r.PathValue("source"))
}

// signature are the headers of a request by which its sender signs the body; they are kept beside it, for whoever judges.
func signature(header http.Header) map[string][]string {
	kept := map[string][]string{}
	for _, name := range []string{alert.HeaderObserver, alert.HeaderTimestamp, alert.HeaderSignature} {
		if values := header.Values(name); len(values) == 1 && len(values[0]) < 256 && printable(values[0]) {
			kept[name] = values
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// take reads a body and stores it. What is cut into pieces is signed no more.
func (b *bridge) take(ctx context.Context, subject string, signed map[string][]string, body io.Reader) (Stored, *Problem) {
	message, err := io.ReadAll(io.LimitReader(body, maxInline+1))
	failpoint.Hit("bridge/read")
	if err != nil {
		return b.unread(ctx, subject, message, err)
	}
	if len(message) <= maxInline {
		if signed != nil { // what is signed stays by itself: the signature is of this body
			return b.store(ctx, subject, "", piece{header: signed, body: message})
		}
		sequence, err := b.together.publish(ctx, subject, message)
		if err != nil {
			return Stored{}, notStored(err)
		}
		return Stored{Subject: subject, Messages: 1, Sequence: sequence}, nil
	}
	select { // long bodies one after the other, or a few of them would be all the memory there is
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		p := Problem{Type: "busy", Status: http.StatusServiceUnavailable, Detail: "too many long bodies at once", Hint: "send it again"}
		return Stored{}, &p
	}
	rest, err := io.ReadAll(body)
	message = append(message, rest...)
	if err != nil {
		return b.unread(ctx, subject, message, err)
	}
	pieces, reason := cut(message)
	return b.store(ctx, subject, reason, pieces...)
}

// A piece is one message to be stored.
type piece struct {
	header map[string][]string
	body   []byte
}

// cut makes pieces of a body that is too long for one message; reason is why that went less than well.
func cut(body []byte) (pieces []piece, reason string) {
	parts, err := alert.Split(body, maxInline)
	for _, part := range parts {
		pieces = append(pieces, piece{body: part})
	}
	if err == nil {
		return pieces, ""
	}
	why := &alert.Unreadable{Reason: alert.Malformed, Detail: err.Error()}
	errors.As(err, &why)
	if len(parts) == 0 && len(body) < alert.MaxMessage {
		return []piece{{body: body}}, why.Error() // the ears find the same reason, and keep all of it
	}
	hash := sha256.Sum256(body)
	left := head(body, why, map[string]string{headerLength: strconv.Itoa(len(body)), headerSHA256: hex.EncodeToString(hash[:])})
	return append(pieces, left), why.Error()
}

// head is the beginning of a body that cannot be stored, marked so that it is buried with the reason.
func head(body []byte, why *alert.Unreadable, of map[string]string) piece {
	header := map[string][]string{headerReason: {string(why.Reason)}, headerDetail: {oneLine(why.Detail)}}
	for k, v := range of {
		header[k] = []string{v}
	}
	return piece{header: header, body: body[:min(len(body), headBytes)]}
}

// oneLine makes words fit for a header.
func oneLine(s string) string {
	line := []rune(strconv.QuoteToASCII(s))
	return string(line[1:min(len(line)-1, 500)])
}

// unread deals with a body that broke off or is over the limit. The latter leaves its beginning in the log.
func (b *bridge) unread(ctx context.Context, subject string, begun []byte, err error) (Stored, *Problem) {
	p := unreadBody(err)
	if p.Status != http.StatusRequestEntityTooLarge {
		return Stored{}, &p
	}
	why := &alert.Unreadable{Reason: alert.TooLarge, Detail: fmt.Sprintf("more than %d bytes", maxBody)}
	if _, failed := b.store(ctx, subject, "", head(begun, why, nil)); failed != nil {
		return Stored{}, failed
	}
	p.Hint = "its beginning is kept among the unreadable alerts; lower max_alerts of the receiver"
	return Stored{}, &p
}

// store puts pieces into the alert log, in order. If one cannot be stored the sender has to send all of them again: what
// was stored already is then heard twice, which changes nothing.
func (b *bridge) store(ctx context.Context, subject, reason string, pieces ...piece) (Stored, *Problem) {
	stored := Stored{Subject: subject, Reason: reason}
	for _, piece := range pieces {
		waiting, cancel := context.WithTimeout(ctx, storePatience)
		sequence, err := b.to.Publish(waiting, subject, piece.header, piece.body)
		cancel()
		if err != nil {
			return stored, notStored(err)
		}
		stored.Sequence = sequence
		stored.Messages++
	}
	return stored, nil
}

func notStored(err error) *Problem {
	return &Problem{Type: "not-stored", Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf("the alerts could not be stored: %v", err), Hint: "send them again"}
}
