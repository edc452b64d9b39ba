package detector_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// plant is an organisation of so many components, so many of them on a site and fifty to a vital service, each seen by two
// observers. Nine thousand are about as many as a document may hold.
func plant(b *testing.B, components, site int) *bia.Analysis {
	b.Helper()
	const each = 50
	var services, parts, sites strings.Builder
	for first := 0; first < components; first += each {
		fmt.Fprintf(&services, "  s%d: {vital: true, rto: 4h, rtc: 1h, needs: [{minimum: 1, any_of: [c%d", first/each, first)
		for c := first + 1; c < min(components, first+each); c++ {
			fmt.Fprintf(&services, ",c%d", c)
		}
		services.WriteString("]}]}\n")
	}
	for c := range components {
		if c%site == 0 {
			fmt.Fprintf(&sites, "  f%d: {}\n", c/site)
		}
		fmt.Fprintf(&parts, "  c%d: {site: f%d, class: k%d, observers: [p,q]}\n", c, c/site, c%5)
	}
	a, problems := bia.Parse("bia.yaml", []byte("organisation: plant\nobservers: {p: {}, q: {}}\nsites:\n"+sites.String()+"services:\n"+services.String()+"components:\n"+parts.String()))
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	return a
}

// storm is the i-th of many alerts, each with an identity of its own, spread over components and both observers.
func storm(i, components int, effect string) alert.Alert {
	a := says([]string{"p", "q"}[i/components%2], fmt.Sprintf("c%d", i%components), effect)
	a.Labels = a.Labels.With(alert.LabelsOf(map[string]string{"alertname": "HighLatency", "instance": fmt.Sprintf("10.0.0.1:%d", i), "severity": "warning"})...)
	a.Fingerprint = fmt.Sprintf("%016x", i)
	return a
}

// batch is how many alerts a webhook body carries.
const batch = 64

// flooded is a detector to which so many alerts are active.
func flooded(a *bia.Analysis, components, active int) *detector.Detector {
	d := detector.New(a)
	for i := 0; i < active; {
		var together []alert.Alert
		for ; len(together) < batch && i < active; i++ {
			together = append(together, of("0s", storm(i, components, "degraded")))
		}
		d.Observe(start, "", together...)
	}
	d.Verdicts(start)
	return d
}

// BenchmarkAnAlert is what one alert costs, heard in bodies of 64: half of them change something.
func BenchmarkAnAlert(b *testing.B) {
	const components = 5000
	for _, active := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("active=%d", active), func(b *testing.B) {
			d := flooded(plant(b, components, 100), components, active)
			var bodies [64][]alert.Alert
			for i := range bodies {
				for j := range batch {
					bodies[i] = append(bodies[i], storm((i*batch+j)*7%active, components, []string{"degraded", "down"}[j%2]))
				}
			}
			now := start
			b.ResetTimer()
			for i := 0; i < b.N; i += batch {
				now = now.Add(time.Second)
				body := bodies[i/batch%len(bodies)]
				for j := range body {
					body[j].StartsAt = now
				}
				d.Observe(now, "", body...)
			}
		})
	}
}

// BenchmarkAComponentChange is one component going down or up, up to the verdict.
func BenchmarkAComponentChange(b *testing.B) {
	for _, components := range []int{100, 9000} {
		b.Run(fmt.Sprintf("components=%d", components), func(b *testing.B) {
			a, now := plant(b, components, 100), start
			var d *detector.Detector
			for i := range b.N {
				if i%50 == 0 { // so that what is remembered of the component is as much at any length
					b.StopTimer()
					d = detector.New(a)
					d.Verdicts(now)
					b.StartTimer()
				}
				now = now.Add(time.Minute)
				a := says("p", "c7", []string{"down", "up"}[i%2])
				a.StartsAt, a.Fingerprint = now, "c7"
				d.Observe(now, "", a)
				d.Verdicts(now)
			}
		})
	}
}

// BenchmarkAVerdictInAStorm is the time from the last alert that a verdict needs until it stands: a site of a thousand
// components, and a hundred thousand alerts heard.
func BenchmarkAVerdictInAStorm(b *testing.B) {
	const components, alerts = 1000, 100_000
	a := plant(b, components, components)
	for range b.N {
		b.StopTimer()
		d := detector.New(a)
		for i := range alerts {
			one := storm(i, components, "down")
			if i%components >= components*9/10-1 {
				one = storm(i, components, "degraded")
			}
			d.Observe(start.Add(time.Duration(i)*time.Millisecond), "", of("0s", one))
		}
		needed := of("2m", says("p", "c999", "down"))
		b.StartTimer()
		d.Observe(at("2m"), "", needed)
		verdicts := d.Verdicts(at("10m"))
		b.StopTimer()
		if len(verdicts) == 0 || verdicts[0].Level != detector.Disaster {
			b.Fatalf("expected a disaster, got %v", verdicts)
		}
		b.StartTimer()
	}
}

// BenchmarkMemory is what the detector keeps of each of a million active alerts.
func BenchmarkMemory(b *testing.B) {
	const components, active = 5000, 1_000_000
	a := plant(b, components, 100)
	for range b.N {
		before := heap()
		d := flooded(a, components, active)
		b.ReportMetric(float64(heap()-before)/active, "B/alert")
		runtime.KeepAlive(d)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
