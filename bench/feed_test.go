package main

import (
	"encoding/json"
	"testing"
	"time"

	"holdfast/detector/alert"
)

// What is measured has to be what is said to be measured.
func TestTheFeedSpeaksAsMonitoringDoes(t *testing.T) {
	f := feed{components: 5000, start: time.Now().UTC()}
	for n := range 200 {
		for _, one := range [][]byte{f.webhook(nil, "prom-a", said{n: n, host: -1}), f.posted(nil, "prom-a", said{n: n, host: -1}), f.webhook(nil, "prom-a", said{n: n, host: 7, down: true, resolved: f.start})} {
			b, err := alert.Decode(one)
			if err != nil {
				t.Fatalf("%v in %s", err, one)
			}
			a := b.Alerts[0]
			if labels, annotations := len(a.Labels), len(a.Annotations); labels != 12 || annotations != 3 {
				t.Fatalf("%d labels and %d annotations", labels, annotations)
			}
		}
		if size := len(f.alert(nil, "prom-a", said{n: n, host: -1}, true)); size < 844 || size > 884 {
			t.Errorf("alert %d has %d bytes", n, size)
		}
		if size := len(f.alert(nil, "prom-a", said{n: n, host: -1}, false)); size < 844 || size > 884 {
			t.Errorf("alert %d as it is posted has %d bytes", n, size)
		}
	}
}

func TestNoServiceIsLostInTheNoise(t *testing.T) {
	f := feed{components: 5000}
	hosts := map[int]bool{}
	for n := range 100_000 {
		hosts[f.host(n)] = true
	}
	for host := range hosts {
		if host%each == 0 || host >= f.components {
			t.Errorf("an alert is about component %d", host)
		}
	}
	if len(hosts) != f.components/each*(each-1) {
		t.Errorf("alerts are about %d components", len(hosts))
	}
}

func TestALineOfTheRecordingHoldsItsBody(t *testing.T) {
	r := recorder{feed: feed{components: 100, start: time.Now().UTC()}, w: nil}
	body := r.webhook(nil, "prom-a", several(0, 2)...)
	line := r.lineOf("prom-a", body)
	var read struct{ Received, Subject, Body string }
	if err := json.Unmarshal(line, &read); err != nil || read.Body != string(body) {
		t.Errorf("%v: %s", err, line)
	}
}

func TestAMedianOfAnEvenNumberLiesBetween(t *testing.T) {
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("it is %v", m)
	}
	r := Row{Target: 4, Floor: 2}
	for ratio, want := range map[float64]string{4: onTarget, 3: aboveFloor, 1: belowFloor} {
		if got := r.judged(ratio).Verdict; got != want {
			t.Errorf("%v is %q", ratio, got)
		}
	}
	if got := (Row{Less: true, Target: 2}).judged(2.1).Verdict; got != missed {
		t.Errorf("above a limit without a floor it is %q", got)
	}
}
