package journal

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// Memory keeps the same promises as the streams, for as long as the process lives: for tests and rehearsals. It stores
// encoded bytes, so what cannot be written or read back fails here too. It can be told to fail; see [Memory.Fail].
type Memory struct {
	chain
	pages *pile

	mu     sync.Mutex
	alerts []Message // at sequence-1
	dead   []Buried
	news   chan struct{} // closed and replaced when a message comes in
}

// Buried is a message among the dead letters.
type Buried struct {
	Message
	Reason string
	Detail string
}

var (
	_ Log    = (*Memory)(nil)
	_ Alerts = (*Memory)(nil)
)

// NewMemory is an empty journal.
func NewMemory() *Memory {
	pages := &pile{}
	return &Memory{chain: chain{shelf: pages}, pages: pages, news: make(chan struct{})}
}

// Publish stores a message and returns its sequence.
func (m *Memory) Publish(_ context.Context, subject string, header map[string][]string, body []byte) (uint64, error) {
	if err := publishable(subject, header, body); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := Message{
		Sequence: uint64(len(m.alerts)) + 1,
		Received: time.Now().UTC().Round(0), // no monotonic reading: as it would come back from a disk
		Subject:  subject,
		Header:   cloneHeader(header),
		Body:     bytes.Clone(body),
	}
	m.alerts = append(m.alerts, stored)
	close(m.news)
	m.news = make(chan struct{})
	return stored.Sequence, nil
}

// Head is the sequence of the last message stored.
func (m *Memory) Head(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(len(m.alerts)), nil
}

// Follow gives every message after a sequence, then waits for more, until ctx ends.
func (m *Memory) Follow(ctx context.Context, after uint64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m.mu.Lock()
			fresh, news := slices.Clone(m.alerts[min(after, uint64(len(m.alerts))):]), m.news
			m.mu.Unlock()
			for _, msg := range fresh {
				if ctx.Err() != nil || !yield(msg.clone(), nil) {
					return
				}
				after = msg.Sequence
			}
			select {
			case <-ctx.Done():
				return
			case <-news:
			}
		}
	}
}

// Message is one message that is stored.
func (m *Memory) Message(_ context.Context, sequence uint64) (Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if sequence == 0 || sequence > uint64(len(m.alerts)) {
		return Message{}, fmt.Errorf("read message %d of the alert log: it holds %d", sequence, len(m.alerts))
	}
	return m.alerts[sequence-1].clone(), nil
}

// Buried is the highest sequence of a message that was buried.
func (m *Memory) Buried() (through uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.dead {
		through = max(through, b.Sequence)
	}
	return through
}

// Bury keeps an unreadable message with the reason, once per sequence.
func (m *Memory) Bury(_ context.Context, msg Message, reason, detail string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if msg.Sequence != 0 && slices.ContainsFunc(m.dead, func(b Buried) bool { return b.Sequence == msg.Sequence }) {
		return nil
	}
	m.dead = append(m.dead, Buried{msg.clone(), reason, detail})
	return nil
}

// Dead are the messages buried, in order.
func (m *Memory) Dead() []Buried {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.dead)
}

func (m Message) clone() Message {
	m.Header, m.Body = cloneHeader(m.Header), bytes.Clone(m.Body)
	return m
}

// A pile is the shelf in memory.
type pile struct {
	mu     sync.Mutex
	bodies map[uint64][]byte
	newest uint64
	faults []Fault
}

func (p *pile) put(_ context.Context, prev uint64, body []byte) (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := p.nextFault()
	if fault == PublishLost {
		return 0, errNoAnswer
	}
	if prev != p.newest {
		return 0, fmt.Errorf("%w: wrong last sequence %d", ErrConflict, p.newest)
	}
	if p.bodies == nil {
		p.bodies = map[uint64][]byte{}
	}
	p.newest++
	p.bodies[p.newest] = bytes.Clone(body)
	if fault == AckLost {
		return 0, errNoAnswer
	}
	return p.newest, nil
}

func (p *pile) head(context.Context) (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest, nil
}

func (p *pile) page(_ context.Context, sequence uint64) (page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, ok := p.bodies[sequence]
	if !ok {
		return page{}, errNoPage
	}
	return page{sequence, bytes.Clone(body)}, nil
}

func (p *pile) pages(ctx context.Context, after, through uint64) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		for sequence := after + 1; sequence <= through; sequence++ {
			if err := ctx.Err(); err != nil {
				yield(page{}, err)
				return
			}
			found, err := p.page(ctx, sequence)
			if err == nil && !yield(found, nil) {
				return
			}
		}
	}
}
