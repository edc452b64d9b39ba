package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/failpoint"
)

// Headers of a dead letter. Its body is that of the message, or the beginning of it.
const (
	HeaderSequence = "Holdfast-Alert-Sequence" // in the alert log; 0: it never got that far
	HeaderSubject  = "Holdfast-Alert-Subject"
	HeaderReceived = "Holdfast-Alert-Received" // RFC 3339
	HeaderReason   = "Holdfast-Reason"
	HeaderDetail   = "Holdfast-Detail"
	HeaderLength   = "Holdfast-Length" // bytes of the whole message, where the body is only its beginning
	HeaderSHA256   = "Holdfast-SHA256" // of the whole message, hex; likewise

	// headerThrough is the highest alert sequence buried so far: the last dead letter tells what not to bury again.
	headerThrough = "Holdfast-Buried-Through"
)

const (
	buriedBody   = 64 << 10 // bytes kept of an unreadable message
	buriedDetail = 512
)

// buried is where the dead letters end.
type buried struct {
	last    uint64 // sequence of the last one
	id      string
	through uint64 // highest alert sequence among them
}

// lookBack is how many messages among the dead letters that are none of holdfast's are passed over.
const lookBack = 100

// findBuried reads where the dead letters end. Where there are none, or all have expired, so have the alerts that they
// were.
func (s *Streams) findBuried(ctx context.Context) error {
	info, err := ask(ctx, func(ctx context.Context) (*jetstream.StreamInfo, error) { return s.dead.Info(ctx) })
	if err != nil {
		return err
	}
	at := buried{last: info.State.LastSeq}
	for sequence := at.last; sequence >= max(info.State.FirstSeq, 1) && at.last-sequence < lookBack; sequence-- {
		m, err := ask(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) { return s.dead.GetMsg(ctx, sequence) })
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if at.through, err = strconv.ParseUint(m.Header.Get(headerThrough), 10, 64); err == nil {
			at.id = m.Header.Get(msgIDHeader)
			break
		}
	}
	s.buried = at
	return nil
}

// Buried is the highest sequence of a message that was buried, as far as this process knows.
func (s *Streams) Buried() uint64 {
	s.burying.Lock()
	defer s.burying.Unlock()
	return s.buried.through
}

// Bury keeps an unreadable message with the reason. Of messages of the alert log, which come in order, none is buried
// twice, by whichever process: each dead letter names the highest before it and is stored only directly after the last.
func (s *Streams) Bury(ctx context.Context, m Message, reason, detail string) error {
	s.burying.Lock()
	defer s.burying.Unlock()
	id := rand.Text()
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		if m.Sequence != 0 && m.Sequence <= s.buried.through || s.buried.id == id {
			return nil
		}
		letter := deadLetter(m, reason, detail)
		through := max(m.Sequence, s.buried.through)
		letter.Header.Set(msgIDHeader, id)
		letter.Header.Set(headerThrough, strconv.FormatUint(through, 10))
		failpoint.Hit("journal/burying")
		sequence, err := send(ctx, s.js, letter, jetstream.WithExpectStream(DeadStream), jetstream.WithExpectLastSequence(s.buried.last))
		failpoint.Hit("journal/buried")
		if err == nil {
			s.buried = buried{sequence, id, through}
			return nil
		}
		if errors.Is(err, errRefused) {
			return fmt.Errorf("bury message %d of %s: %w", m.Sequence, m.Subject, err)
		}
		if !pause(ctx, wait) {
			return fmt.Errorf("bury message %d of %s: %w", m.Sequence, m.Subject, err)
		}
		_ = s.findBuried(ctx) // where it fails, the next try will be refused and look again
	}
}

func deadLetter(m Message, reason, detail string) *nats.Msg {
	letter := &nats.Msg{Subject: deadSubject(m.Subject), Header: nats.Header{}, Data: m.Body}
	letter.Header.Set(HeaderSequence, strconv.FormatUint(m.Sequence, 10))
	letter.Header.Set(HeaderSubject, m.Subject)
	if !m.Received.IsZero() {
		letter.Header.Set(HeaderReceived, m.Received.UTC().Format(time.RFC3339Nano))
	}
	letter.Header.Set(HeaderReason, inHeader(reason))
	letter.Header.Set(HeaderDetail, inHeader(detail))
	if len(m.Body) > buriedBody {
		letter.Data = m.Body[:buriedBody]
		letter.Header.Set(HeaderLength, strconv.Itoa(len(m.Body)))
		letter.Header.Set(HeaderSHA256, strings.TrimPrefix(HashOf(m.Body), "sha256:"))
	}
	return letter
}

// inHeader makes one short line of a text: a header ends where the line ends.
func inHeader(text string) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(line) > buriedDetail {
		line = strings.ToValidUTF8(line[:buriedDetail], "") + "…"
	}
	return strings.TrimSpace(line)
}

func cloneHeader(header map[string][]string) map[string][]string {
	header = maps.Clone(header)
	for key, values := range header {
		header[key] = slices.Clone(values)
	}
	return header
}
