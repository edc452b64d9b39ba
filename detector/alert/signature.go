package alert

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// Headers of a message that its observer has signed, over NATS and over HTTP alike.
const (
	HeaderObserver  = "Holdfast-Observer"  // who signed: an observer of bia.yaml
	HeaderTimestamp = "Holdfast-Timestamp" // when: RFC 3339
	HeaderSignature = "Holdfast-Signature" // SignatureVersion, and base64 of Ed25519 over [SignedText]
)

// SignatureVersion begins a signature that covers all that a message says: its subject and what is around its body too. One
// without it is of the version before, which covered the body alone; see [Signature.Holds].
const SignatureVersion = "v2="

// Window is how far the time of a signature may lie from the receipt of its message: an old message that somebody kept is not
// signed any more.
const Window = 5 * time.Minute

// A Signature is what a message says of who signed it; nothing of it is checked yet.
type Signature struct {
	Observer  string
	Timestamp string
	Value     string

	Subject string   // under which the message was stored
	Around  []string // its headers that say something of an event, as they are signed
}

// SignatureOf reads the headers of a message that was stored under a subject; their names are compared without regard to
// case, as HTTP does.
func SignatureOf(subject string, header map[string][]string) Signature {
	s := Signature{Subject: subject}
	for name, values := range header {
		if len(values) != 1 {
			continue
		}
		switch {
		case strings.EqualFold(name, HeaderObserver):
			s.Observer = values[0]
		case strings.EqualFold(name, HeaderTimestamp):
			s.Timestamp = values[0]
		case strings.EqualFold(name, HeaderSignature):
			s.Value = values[0]
		}
	}
	if s.Value != "" {
		s.Around = around(header)
	}
	return s
}

// around are the headers of a message by which it is read otherwise than by its body: those of a CloudEvent in binary mode,
// and beside them the media type. One line each, the name in lower case, in order.
func around(header map[string][]string) (lines []string) {
	event := false
	for _, name := range eventNames(header) {
		event = event || !strings.EqualFold(name, contentType)
		for _, value := range header[name] {
			lines = append(lines, strings.ToLower(name)+":"+value)
		}
	}
	if !event {
		return nil
	}
	slices.Sort(lines)
	return lines
}

// SignedText is what is signed: a line each with "v2", the timestamp as it is written in the header, the observer and the
// subject; one for each header ce-…, and where there is any for Content-Type, with its name in lower case, a colon and its
// value, in order; an empty line; and the body to the byte.
func SignedText(timestamp, observer, subject string, header map[string][]string, body []byte) []byte {
	return Signature{Observer: observer, Timestamp: timestamp, Subject: subject, Around: around(header)}.text(body)
}

func (s Signature) text(body []byte) []byte {
	lines := append([]string{"v2", s.Timestamp, s.Observer, s.Subject}, s.Around...)
	return append([]byte(strings.Join(lines, "\n")+"\n\n"), body...)
}

// bodyText is what the version before signed.
func (s Signature) bodyText(body []byte) []byte {
	return append([]byte(s.Timestamp+"\n"+s.Observer+"\n"), body...)
}

// Holds reports whether a message with a body was signed by the holder of a key, within the window around its receipt.
//
// A signature of the version before says nothing of the subject and of the headers ce-…. It holds only where neither can say
// anything that its observer did not: there are no such headers, and the last token of the subject is the observer.
func (s Signature) Holds(key ed25519.PublicKey, body []byte, received time.Time) bool {
	at, err := time.Parse(time.RFC3339, s.Timestamp)
	if err != nil || len(key) != ed25519.PublicKeySize || received.Sub(at).Abs() > Window {
		return false
	}
	written, whole := strings.CutPrefix(s.Value, SignatureVersion)
	value, err := base64.StdEncoding.DecodeString(written)
	switch {
	case err != nil, s.brokenLines():
		return false
	case whole:
		return ed25519.Verify(key, s.text(body), value)
	}
	own := len(s.Around) == 0 && strings.HasSuffix(s.Subject, "."+s.Observer)
	return own && ed25519.Verify(key, s.bodyText(body), value)
}

// brokenLines reports whether anything in front of the body has a line end of its own: then one text could be that of two
// messages.
func (s Signature) brokenLines() bool {
	return slices.ContainsFunc(append([]string{s.Timestamp, s.Observer, s.Subject}, s.Around...), func(line string) bool {
		return strings.ContainsAny(line, "\r\n")
	})
}
