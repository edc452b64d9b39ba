package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// logs is all that a store holds, read by nothing but package journal.
type logs struct {
	decided []journal.Committed
	alerts  map[uint64]journal.Message
	dead    map[uint64]int // alert sequence -> how often it is buried
	holes   []*journal.Hole
	unread  []uint64 // dead letters that are there by the stream's word and cannot be read
	letters string   // what the stream says of itself, where there are such
}

// readStore opens the store of a daemon that has ended.
func readStore(ctx context.Context, store string) (_ logs, err error) {
	s, err := embedded.Start(embedded.Options{Store: store, Listen: embedded.None, Patience: 25 * time.Second, Log: zerolog.Nop()})
	if err != nil {
		return logs{}, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	nc, err := s.Connect()
	if err != nil {
		return logs{}, err
	}
	defer nc.Close()
	return readLogs(ctx, nc)
}

func readLogs(ctx context.Context, nc *nats.Conn) (l logs, err error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return l, err
	}
	for c, err := range journal.Decided(ctx, js) {
		if err != nil {
			return l, err
		}
		l.decided = append(l.decided, c)
	}
	l.alerts = map[uint64]journal.Message{}
	for m, err := range journal.Recorded(ctx, js) {
		var hole *journal.Hole
		switch {
		case errors.As(err, &hole):
			l.holes = append(l.holes, hole)
		case err != nil:
			return l, err
		default:
			l.alerts[m.Sequence] = m
		}
	}
	if l.dead, l.unread, err = buried(ctx, js); err == nil && len(l.unread) > 0 {
		if stream, infoErr := js.Stream(ctx, journal.DeadStream); infoErr == nil {
			info := stream.CachedInfo()
			l.letters = fmt.Sprintf("%d to %d, %d messages, %d deleted, led by %+v", info.State.FirstSeq, info.State.LastSeq, info.State.Msgs, info.State.NumDeleted, info.Cluster)
		}
		_, l.unread, err = buried(ctx, js) // once more, should another have come to lead it meanwhile
	}
	return l, err
}

// buried is how often each message of the alert log is among the dead letters.
func buried(ctx context.Context, js jetstream.JetStream) (dead map[uint64]int, unread []uint64, err error) {
	dead = map[uint64]int{}
	stream, err := js.Stream(ctx, journal.DeadStream)
	if err != nil {
		return nil, nil, err
	}
	state := stream.CachedInfo().State
	for sequence := max(state.FirstSeq, 1); sequence <= state.LastSeq; sequence++ {
		m, err := stream.GetMsg(ctx, sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			unread = append(unread, sequence)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("dead letter %d: %w", sequence, err)
		}
		of, err := strconv.ParseUint(m.Header.Get(journal.HeaderSequence), 10, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("dead letter %d: %w", sequence, err)
		}
		dead[of]++
	}
	return dead, unread, nil
}

// An audit holds what people and machines were told against what the logs say.
type audit struct {
	wrong []string
	skew  time.Duration // by how much the log's time may be ahead of the world's

	alerts, orders, effects, envelopes, repeated, stale, authorised, invocations int
}

func (a *audit) fail(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// alerts: everything acknowledged is in the log as it was sent, and what nobody can read is buried, once.
func (a *audit) heard(l logs, acks []acked, live bool) {
	for _, h := range l.holes {
		a.fail("the alert log has a hole: %v", h)
	}
	if len(l.unread) > 0 {
		a.fail("LOST: dead letters %v of %s cannot be read", l.unread, l.letters)
	}
	for _, ack := range acks {
		a.alerts++
		m, ok := l.alerts[ack.sequence]
		switch {
		case !ok:
			a.fail("LOST: alert %d was acknowledged and is not in the log: %.80s", ack.sequence, ack.text)
		case !strings.Contains(string(m.Body), ack.text): // what many post at once is stored in one message
			a.fail("LOST: alert %d is another one than was acknowledged: %.80s, not %.80s", ack.sequence, m.Body, ack.text)
		}
		switch n := l.dead[ack.sequence]; {
		case n > 1:
			a.fail("alert %d is buried %d times", ack.sequence, n)
		case n == 1 && !ack.unreadable:
			a.fail("alert %d can be read and is buried", ack.sequence)
		case n == 0 && ack.unreadable && live:
			a.fail("alert %d cannot be read and is not buried", ack.sequence)
		}
	}
}

// A start is an effect's order in the journal.
type start struct {
	at      time.Time
	epoch   uint64
	by      string // a person who ordered a new try
	undo    bool
	attempt int
}

// A told is who was to be told of what, by the number of the notice.
type told struct {
	people []string // "person instant"
}

// decisions are what the log says of effects.
type decisions struct {
	starts  map[string]map[int]start // key -> attempt
	keys    map[string][]string      // incident/run/step/undo -> keys, in order
	by      map[string]int           // incident/run/step/undo -> orders of people to try again
	notices map[string]told          // incident -> everybody told, in order
	invoked map[string]int           // incident/playbook/service -> runs
	events  []journal.Entry
	repeat  map[string]string // incident/run/step -> safe | ask | never
}

// judged reads the decisions, and checks what the log must keep by itself.
func (a *audit) judged(l logs) decisions {
	d := decisions{starts: map[string]map[int]start{}, keys: map[string][]string{}, by: map[string]int{}, notices: map[string]told{}, invoked: map[string]int{}}
	desk := incident.NewDesk()
	var epoch uint64
	var at time.Time
	for _, c := range l.decided {
		a.envelopes++
		if c.Epoch < epoch {
			a.fail("envelope %d: epoch %d after %d", c.Sequence, c.Epoch, epoch)
		}
		if c.At.Before(at) {
			a.fail("envelope %d: its time %s is before that of the one before, %s", c.Sequence, c.At, at)
		}
		epoch, at = c.Epoch, c.At
		for _, entry := range c.Entries {
			event, err := incident.Decode(incident.Kind(entry.Kind), entry.Data)
			if err != nil {
				a.fail("envelope %d: %v", c.Sequence, err)
				continue
			}
			d.events = append(d.events, entry)
			desk.Apply(incident.Record{Sequence: c.Sequence, Hash: c.Hash, At: c.At, Incident: entry.Incident, Event: event})
			d.note(a, c, entry.Incident, event)
		}
	}
	d.fill(desk)
	for what, n := range d.invoked {
		if n > 1 {
			a.fail("%s: invoked %d times", what, n)
		}
	}
	return d
}

func (d *decisions) note(a *audit, c journal.Committed, id string, event incident.Event) {
	begin := func(run, step string, undo bool, key string, attempt int, epoch uint64, by string) {
		if epoch != c.Epoch {
			a.fail("envelope %d of epoch %d starts an effect of epoch %d", c.Sequence, c.Epoch, epoch)
		}
		if d.starts[key] == nil {
			d.starts[key] = map[int]start{}
			where := strings.Join([]string{id, run, step, strconv.FormatBool(undo)}, "/")
			if len(d.keys[where]) > 0 && by == "" {
				a.fail("%s: a new key %s after %v, and nobody ordered it", where, key, d.keys[where])
			}
			if len(d.keys[where]) > 0 {
				a.authorised++
			}
			d.keys[where] = append(d.keys[where], key)
		}
		if _, twice := d.starts[key][attempt]; twice {
			a.fail("attempt %d of %s is ordered twice", attempt, key)
		}
		d.starts[key][attempt] = start{at: c.At, epoch: epoch, by: by, undo: undo, attempt: attempt}
	}
	switch e := event.(type) {
	case incident.StepStarted:
		begin(e.Run, e.Step, false, e.Key, e.Attempt, e.Epoch, e.By.Person)
	case incident.UndoStarted:
		begin(e.Run, e.Step, true, e.Key, e.Attempt, e.Epoch, e.By.Person)
	case incident.Invoked:
		d.invoked[id+"/"+e.Playbook+"/"+e.Service]++
	}
}

// fill takes from the desk what only it knows: who was to be told, and how often each step may be sent.
func (d *decisions) fill(desk *incident.Desk) {
	d.repeat = map[string]string{}
	for _, i := range desk.Incidents() {
		var t told
		for _, n := range i.Notices {
			t.people = append(t.people, n.Person+" "+n.At.Format(time.RFC3339Nano))
		}
		d.notices[i.ID] = t
		for _, run := range i.Runs {
			if run.Playbook == nil {
				continue
			}
			for _, s := range run.Playbook.Steps {
				d.repeat[i.ID+"/"+run.ID+"/"+s.ID] = s.Repeat
			}
		}
	}
}

// acted holds the books of the world against the log: nothing happened that was not ordered before, and nothing twice that may
// not.
func (a *audit) acted(d decisions, calls, commands []effect, fenced bool) {
	sent := map[string]int{}
	for _, e := range slices.Concat(calls, commands) {
		if e.End {
			continue
		}
		a.effects++
		if e.Stale {
			a.stale++
			if !fenced && e.Way != "exec" { // a command may have been started by a daemon that died
				a.fail("%s came with epoch %d after a higher one", e.Key, e.Epoch)
			}
		}
		if e.Way == "notice" {
			a.notice(d, e)
			continue
		}
		s, ok := d.starts[e.Key][e.Attempt]
		switch {
		case !ok:
			a.fail("UNRECORDED: attempt %d of %q (%s) reached the world and is not in the log", e.Attempt, e.Key, e.Way)
		case s.at.After(e.At.Add(a.skew)):
			a.fail("UNRECORDED: attempt %d of %s reached the world at %s, before its record of %s", e.Attempt, e.Key, e.At, s.at)
		case s.epoch != e.Epoch:
			a.fail("attempt %d of %s came with epoch %d and was ordered in %d", e.Attempt, e.Key, e.Epoch, s.epoch)
		}
		if e.Stale { // refused
			continue
		}
		if sent[e.Key]++; sent[e.Key] == 1 {
			continue
		}
		a.repeated++
		if repeat := d.repeat[e.Incident+"/"+e.Run+"/"+e.Step]; repeat != "safe" && !s.undo {
			a.fail("TWICE: %s, which says repeat: %s, reached the world %d times", e.Key, repeat, sent[e.Key])
		}
	}
	a.overlaps(commands)
}

// notice: whoever was told stands in the log as somebody to be told, and was so before.
func (a *audit) notice(d decisions, e effect) {
	n, err := strconv.Atoi(e.Key[strings.LastIndex(e.Key, "/")+1:])
	people := d.notices[e.Incident].people
	if err != nil || n < 1 || n > len(people) {
		a.fail("UNRECORDED: %s reached %s and is not in the log", e.Key, e.Person)
		return
	}
	person, stamp, _ := strings.Cut(people[n-1], " ")
	at, _ := time.Parse(time.RFC3339Nano, stamp)
	if person != e.Person || at.After(e.At.Add(a.skew)) {
		a.fail("UNRECORDED: %s reached %s at %s; the log has %s at %s", e.Key, e.Person, e.At, person, at)
	}
}

// overlaps: of one step no two commands run at once, whoever started them.
func (a *audit) overlaps(commands []effect) {
	for _, e := range commands {
		if e.Beside != "" && !e.End {
			a.fail("OVERLAP: %s#%d began while %s ran", e.Key, e.Attempt, e.Beside)
		}
	}
}

// obeyed: every order that was acknowledged is in the log.
func (a *audit) obeyed(d decisions, orders []console.Changed) {
	there := map[string]int{}
	for _, e := range d.events {
		there[e.Incident+" "+e.Kind+" "+string(e.Data)]++
	}
	for _, o := range orders {
		a.orders++
		kind, data, err := incident.Encode(o.Event)
		if err != nil {
			a.fail("%v", err)
			continue
		}
		if there[o.Incident+" "+string(kind)+" "+string(data)] == 0 {
			a.fail("LOST: %s of %s was acknowledged and is not in the log: %.200s", kind, o.Incident, data)
		}
	}
}

// A verified is what `holdfast verify -o json` says.
type verified struct {
	Envelopes int    `json:"envelopes"`
	Sequence  uint64 `json:"sequence"`
	Hash      string `json:"hash"`
}

func verify(program, config string) (v verified, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "verify", "--config", config, "-o", "json").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return v, fmt.Errorf("holdfast verify: %w", err)
	}
	return v, json.Unmarshal(out, &v)
}

// whole: the chain is, by the daemon's own word too.
func (a *audit) whole(l logs, v verified, err error) {
	switch {
	case err != nil:
		a.fail("%v", err)
	case len(l.decided) == 0:
		a.fail("nothing was ever decided")
	default:
		if last := l.decided[len(l.decided)-1]; v.Sequence != last.Sequence || v.Hash != last.Hash || v.Envelopes != len(l.decided) {
			a.fail("verify says %d envelopes, the newest %d %s; the log has %d, the newest %d %s", v.Envelopes, v.Sequence, v.Hash, len(l.decided), last.Sequence, last.Hash)
		}
	}
}

func (a *audit) add(b audit) {
	a.wrong = append(a.wrong, b.wrong...)
	a.alerts += b.alerts
	a.orders += b.orders
	a.effects += b.effects
	a.envelopes += b.envelopes
	a.repeated += b.repeated
	a.stale += b.stale
	a.authorised += b.authorised
}
