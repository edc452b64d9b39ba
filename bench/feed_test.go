package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector"
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
		one := f.alert(nil, "prom-a", said{n: n, host: -1}, true)
		for _, object := range []string{"labels", "annotations"} {
			if keys := keysOf(t, one, object); !slices.IsSorted(keys) {
				t.Fatalf("the %s are %v: an Alertmanager sends them in order", object, keys)
			}
		}
		if size := len(one); size < 844 || size > 884 {
			t.Errorf("alert %d has %d bytes", n, size)
		}
		if size := len(f.alert(nil, "prom-a", said{n: n, host: -1}, false)); size < 844 || size > 884 {
			t.Errorf("alert %d as it is posted has %d bytes", n, size)
		}
	}
}

// keysOf are the keys of an object in an alert, as they stand.
func keysOf(t *testing.T, one []byte, object string) (keys []string) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(one, &whole); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(whole[object]))
	for n := 0; ; n++ {
		token, err := d.Token()
		if err != nil {
			return keys
		}
		if text, is := token.(string); is && n%2 == 1 {
			keys = append(keys, text)
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

func TestABodyIsPublishedByTheObserverWhoseItIs(t *testing.T) {
	for n, body := range bodiesOf(feed{components: 5000, start: time.Now()}, 0, 4*batch, batch) {
		if got := spokenBy(body); got != observers[n%2] {
			t.Errorf("body %d is of %s, and is published by %s", n, observers[n%2], got)
		}
	}
}

// Rows storm and 8 are about the last alert that a verdict needs: without it there is none, and one observer is enough for it.
func TestTheStormIsADisasterOnceTheLastAlertIsHeardAndNotBefore(t *testing.T) {
	a, problems := bia.Parse("bia.yaml", []byte(organisation{components: stormSite, site: stormSite, confirm: "1m"}.text()))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	h := &holder{d: detector.New(a), now: time.Now().UTC()}
	h.feed = feed{components: stormSite, start: h.now.Add(-5 * time.Minute)}
	worst := func() (worst detector.Level) {
		for _, v := range h.d.Verdicts(h.now) {
			worst = max(worst, v.Level)
		}
		return worst
	}
	first, last, _ := h.stormBodies(20_000)
	for _, body := range first {
		if err := h.hear(spokenBy(body), body); err != nil {
			t.Fatal(err)
		}
	}
	if got := worst(); got >= detector.Disaster {
		t.Errorf("before the last alert it is a %s", got)
	}
	if err := h.hear(spokenBy(last), last); err != nil {
		t.Fatal(err)
	}
	if got := worst(); got != detector.Disaster {
		t.Errorf("with the last alert it is a %s", got)
	}
}
