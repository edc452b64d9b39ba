package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const goalBacktest = "a backtest of %s alerts in bodies of 64, the file read and everything judged"

// A recording is as dense whatever its length: ten million alerts are a day. Every twenty minutes a service is lost for ten.
const (
	messageEvery = 24 * time.Hour * batch / 10_000_000
	outageEvery  = 20 * time.Minute
)

// measureBacktest judges a recording with `holdfast backtest`: nearly all alerts are sent again, and there are outages in it.
func measureBacktest(ctx context.Context, b *bench) ([]Row, error) {
	const components = 5000
	row := Row{ID: "backtest", Goal: fmt.Sprintf(goalBacktest, thousands(b.backtest)), Unit: "s", Less: true, Target: 120 * float64(b.backtest) / 10_000_000}
	o := organisation{components: components, site: 100}
	analysis, file := filepath.Join(b.dir, "bia.yaml"), filepath.Join(b.dir, "recording.jsonl")
	if err := os.WriteFile(analysis, []byte(o.text()), 0o600); err != nil {
		return nil, err
	}
	outages, err := record(file, components, b.backtest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file) }()
	begun := time.Now()
	cmd := exec.CommandContext(ctx, b.holdfast, "backtest", "--bia", analysis, "--output", "json", file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	took := time.Since(begun)
	var outcome struct {
		Alerts     int
		Unreadable int
		Unmapped   int
		Incidents  []json.RawMessage
	}
	if err := json.Unmarshal(out, &outcome); err != nil {
		return nil, err
	}
	if outcome.Alerts < b.backtest || outcome.Unreadable+outcome.Unmapped > 0 || len(outcome.Incidents) != outages {
		return nil, fmt.Errorf("the backtest heard %d alerts, %d unreadable, %d unmapped, and found %d incidents of %d",
			outcome.Alerts, outcome.Unreadable, outcome.Unmapped, len(outcome.Incidents), outages)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	row.Ours = fmt.Sprintf("%.1f s, %.0fk alerts/s, %.1f us CPU each, %d MB at the most", took.Seconds(), float64(b.backtest)/1e3/took.Seconds(),
		(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()*1e6/float64(b.backtest), usage.Maxrss>>10)
	return []Row{row.judged(took.Seconds())}, nil
}

// record writes a recording as `holdfast alerts export` does. It returns how many outages are in it.
func record(file string, components, alerts int) (outages int, err error) {
	out, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	r := recorder{w: bufio.NewWriterSize(out, 1<<20), now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	r.feed = feed{components: components, start: r.now}
	const different = 50_000 / batch * batch
	const period, begins, ends = int(outageEvery / messageEvery), int(outageEvery / messageEvery / 8), int(outageEvery / messageEvery / 8 * 5)
	messages := (alerts + batch - 1) / batch
	for m := range messages {
		r.now = r.now.Add(messageEvery)
		if m%int(time.Minute/messageEvery) == 0 {
			r.beat()
		}
		whole := m-m%period+ends < messages // one that the end of the recording cuts short is none
		switch at := m % period; {
		case whole && at == begins:
			r.outage(outages, false)
			outages++
		case whole && at == ends:
			r.outage(outages-1, true)
		}
		first := m * batch % different
		body := several(first, batch)
		if m%16 == 15 { // now and then something is news
			body = changed(first, batch, r.now)
		}
		r.write(observers[m%2], r.webhook(r.body[:0], observers[m%2], body...))
	}
	return outages, errors.Join(r.err, r.w.Flush())
}

// A recorder writes messages of the alert log, one a line.
type recorder struct {
	feed
	w    *bufio.Writer
	now  time.Time
	body []byte
	line []byte
	err  error
}

func (r *recorder) write(observer string, body []byte) {
	r.body = body
	if _, err := r.w.Write(r.lineOf(observer, body)); err != nil {
		r.err = err
	}
}

// lineOf is a message as a line; its body is JSON of printable ASCII, so quotes and backslashes are all there is to escape.
func (r *recorder) lineOf(observer string, body []byte) []byte {
	line := append(r.line[:0], `{"received":"`...)
	line = r.now.AppendFormat(line, time.RFC3339Nano)
	line = append(line, `","subject":"holdfast.alerts.`...)
	line = append(line, observer...)
	line = append(line, `","body":"`...)
	for _, c := range body {
		if c == '"' || c == '\\' {
			line = append(line, '\\')
		}
		line = append(line, c)
	}
	r.line = append(line, "\"}\n"...)
	return r.line
}

func (r *recorder) beat() {
	for _, o := range observers {
		r.write(o, r.watchdog(o, r.now))
	}
}

// outage loses a service whole, or has it back.
func (r *recorder) outage(service int, over bool) {
	service %= r.components / each
	for o, observer := range observers {
		var body []said
		for c := range each {
			one := said{n: 1<<40 + service*each*2 + o*each + c, host: service*each + c, down: true, since: r.now}
			if over {
				one.resolved = r.now
			}
			body = append(body, one)
		}
		r.write(observer, r.webhook(nil, observer, body...))
	}
}
