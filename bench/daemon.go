package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// A daemon is `holdfast serve` with its NATS within, synced to disk before anything is acknowledged, as it ships.
type daemon struct {
	*process
	http string
	nats *nats.Conn
}

const daemonConfig = `continuity: continuity
nats: {embedded: {store: nats, listen: "127.0.0.1:0"}}
alerts: {max_bytes: 7000000000}
http: {listen: "127.0.0.1:0"}
log: {level: warn, format: json}
`

const peopleText = `people:
  first: {name: First on call, channels: [{log: true}]}
  second: {name: Second on call, channels: [{log: true}]}
roles:
  director: {people: [first, second]}
`

func startDaemon(ctx context.Context, k kit, dir string, o organisation) (*daemon, error) {
	return startOn(ctx, k, dir, map[string]string{"holdfast.yaml": daemonConfig, "continuity/bia.yaml": o.text(), "continuity/people.yaml": peopleText})
}

// startOn starts one on files of its own.
func startOn(ctx context.Context, k kit, dir string, files map[string]string) (*daemon, error) {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	ready := filepath.Join(dir, "ready.json")
	if err := os.RemoveAll(ready); err != nil { // one that was killed has left it
		return nil, err
	}
	p, err := start(dir, "holdfast", k.holdfast, "serve", "--config", "holdfast.yaml", "--ready-file", ready)
	if err != nil {
		return nil, err
	}
	d := &daemon{process: p}
	if err := d.reach(ctx, ready); err != nil {
		p.stop()
		return nil, err
	}
	return d, nil
}

// reach waits until the daemon says where it is, and connects to it.
func (d *daemon) reach(ctx context.Context, ready string) error {
	var at struct{ HTTP, NATS string }
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if text, err := os.ReadFile(ready); err == nil {
			if err := json.Unmarshal(text, &at); err != nil {
				return err
			}
			break
		}
		if err := d.pause(ctx, deadline, 20*time.Millisecond); err != nil {
			return err
		}
	}
	d.http = at.HTTP
	nc, err := nats.Connect(at.NATS, nats.Name("bench"))
	d.nats = nc
	return err
}

func (d *daemon) stop() {
	if d.nats != nil {
		d.nats.Close()
	}
	d.process.stop()
}

// publish stores a body and waits for the acknowledgement.
func (d *daemon) publish(ctx context.Context, observer string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	m, err := d.nats.RequestWithContext(ctx, "holdfast.alerts."+observer, body)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	var ack struct {
		Stream string          `json:"stream"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil || ack.Stream == "" {
		return fmt.Errorf("publish: the answer is %s", m.Data)
	}
	return nil
}

// inFlight is how many bodies wait for their acknowledgement at a time.
const inFlight = 16

// take publishes alerts and waits until every one is in the detector's state.
func (d *daemon) take(ctx context.Context, f feed, first, alerts, batch int) (load, error) {
	bodies := bodiesOf(f, first, alerts, batch)
	before, err := d.received(ctx)
	if err != nil {
		return load{}, err
	}
	cpu, begun := d.cpu(), time.Now()
	err = inParallel(inFlight, bodies, func(body []byte) error { return d.publish(ctx, spokenBy(body), body) })
	if err != nil {
		return load{}, err
	}
	if err := d.await(ctx, before+alerts); err != nil {
		return load{}, err
	}
	return load{alerts, time.Since(begun), d.cpu() - cpu}, nil
}

// bodiesOf are webhook bodies of so many alerts each, by both observers in turn.
func bodiesOf(f feed, first, alerts, batch int) [][]byte {
	var bodies [][]byte
	for n := 0; n < alerts; n += batch {
		bodies = append(bodies, f.webhook(nil, observers[(first+n)/batch%2], several(first+n, min(batch, alerts-n))...))
	}
	return bodies
}

// spokenBy is the observer whose body it is: its group key, behind the alerts, says so.
func spokenBy(body []byte) string {
	if strings.Contains(string(body[max(0, len(body)-100):]), observers[0]) {
		return observers[0]
	}
	return observers[1]
}

// await waits until so many alerts have been received, as /metrics counts them.
func (d *daemon) await(ctx context.Context, alerts int) error {
	for deadline := time.Now().Add(20 * time.Minute); ; {
		have, err := d.received(ctx)
		if err != nil {
			return err
		}
		if have >= alerts {
			return nil
		}
		if err := d.pause(ctx, deadline, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// received is how many alerts the detector has heard.
func (d *daemon) received(ctx context.Context) (int, error) {
	res, err := get(ctx, d.http+"/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	total := 0.0
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, "holdfast_alerts_received_total{") {
			v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			if err != nil {
				return 0, err
			}
			total += v
		}
	}
	return int(total), nil
}

// page gets a page whole.
func (d *daemon) page(ctx context.Context, path string) ([]byte, error) {
	var page bytes.Buffer
	err := d.read(ctx, &page, path)
	return page.Bytes(), err
}

// read gets a page whole, behind what the buffer holds.
func (d *daemon) read(ctx context.Context, page *bytes.Buffer, path string) error {
	res, err := get(ctx, d.http+path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err = page.ReadFrom(res.Body); err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status + ": " + page.String())
	}
	return err
}
