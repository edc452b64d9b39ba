package detector

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector/alert"
)

// made are the parts of a detector that a copy makes for itself, and what neither ever changes.
var made = []string{".book", ".views", ".plain", ".known", ".felt", ".mended", ".judged", ".stale", ".touched", ".shaken", ".scene", ".tallies", ".watching", ".match", ".scope", ".places", ".expect", ".Samples"}

// everythingSaid is a detector to which everything was said that can be.
func everythingSaid(t *testing.T) *Detector {
	t.Helper()
	a, problems := bia.Parse("bia.yaml", []byte(`
organisation: A house
services: {s: {vital: true, rto: 1h, mtpd: 2h, rtc: 5m, rpo: 5m, needs: [c], data: {d: {}}}}
sites: {x: {}}
observers: {p: {heartbeat: {match: {alertname: Watchdog}, every: 2m}}, q: {}}
components: {c: {site: x, observers: [p]}}
`))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	d, now := New(a), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	say := func(status alert.Status, labels map[string]string) {
		now = now.Add(time.Minute)
		d.Observe(now, "holdfast.alerts.p", alert.Alert{Status: status, Labels: alert.LabelsOf(labels), StartsAt: now, EndsAt: now})
	}
	beat := map[string]string{"alertname": "Watchdog"}
	say(alert.Firing, beat)
	for _, effect := range []string{"down", "degraded", "down"} {
		say(alert.Firing, map[string]string{"component": "c", "effect": effect})
	}
	say(alert.Firing, map[string]string{"component": "c", "observer": "q"}) // a stranger
	say(alert.Firing, map[string]string{"observer": "p", "effect": "silent"})
	say(alert.Resolved, map[string]string{"component": "c"})
	say(alert.Firing, beat)
	say(alert.Resolved, map[string]string{"component": "c"})
	say(alert.Firing, map[string]string{"nothing": "known"})
	say(alert.Firing, map[string]string{"service": "s", "estimate": "1h"})
	d.TellEstimate(now, "ann", "s", now)
	d.TellFacility(now, "x", "lost")
	d.TellData(now, "d", "unusable")
	d.TellRecoveryPoint(now, "d", now)
	d.TellSwitchedOff(now, "ann", "c", now.Add(time.Hour))
	d.TellMaintenance(now, "ann", bia.Maintenance{Change: "C", From: now, To: now.Add(time.Hour), Scope: []string{"c"}})
	d.TellStart(now, "ann", "s", now)
	return d
}

// A field that is added to what a detector has heard must not be forgotten when it is copied.
func TestACopySharesNothingThatEitherChanges(t *testing.T) {
	d := everythingSaid(t)
	seen := 0
	shares(t, "", reflect.ValueOf(d).Elem(), reflect.ValueOf(d.Copy()).Elem(), &seen)
	if seen < 25 {
		t.Errorf("only %d maps, slices and pointers were compared: the test has lost its grip", seen)
	}
}

// shares reports what two values point at together.
func shares(t *testing.T, path string, a, b reflect.Value, seen *int) {
	t.Helper()
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if name := "." + a.Type().Field(i).Name; !slices.Contains(made, name) {
				shares(t, path+name, a.Field(i), b.Field(i), seen)
			}
		}
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if a.IsNil() || b.IsNil() || a.Kind() != reflect.Pointer && a.Len() == 0 {
			return
		}
		if *seen++; a.Pointer() == b.Pointer() {
			t.Errorf("the copy shares %s", path)
			return
		}
		within(t, path, a, b, seen)
	}
}

func within(t *testing.T, path string, a, b reflect.Value, seen *int) {
	t.Helper()
	switch a.Kind() {
	case reflect.Pointer:
		shares(t, path, a.Elem(), b.Elem(), seen)
	case reflect.Map:
		for _, key := range a.MapKeys() {
			if other := b.MapIndex(key); other.IsValid() {
				shares(t, path+"["+key.String()+"]", a.MapIndex(key), other, seen)
			}
		}
	case reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			shares(t, path+"[]", a.Index(i), b.Index(i), seen)
		}
	}
}

// found are the parts by which something is found, which are made anew from a seed of their own.
var found = append(made[:len(made):len(made)], ".index", ".seed", ".scratch", ".repeats", ".key")

// Nor when it is written down.
func TestWhatIsReadFromPaperIsAllThatACopyHas(t *testing.T) {
	d := everythingSaid(t)
	r, _, err := Recall(d.Write(nil))
	if err != nil {
		t.Fatal(err)
	}
	r.Rebase(d.book.Analysis)
	seen := 0
	equals(t, "", reflect.ValueOf(d.Copy()).Elem(), reflect.ValueOf(r).Elem(), &seen)
	if seen < 150 {
		t.Errorf("only %d values were compared: the test has lost its grip", seen)
	}
}

// Nor is a field that nobody happened to fill in the test above.
func TestEveryFieldOfWhatWasHeardIsWrittenDown(t *testing.T) {
	everyField(t, (*paper).record)
	everyField(t, sayingOf[word])
	everyField(t, sayingOf[int64])
	everyField(t, func(p *paper, s *speech) { at := s; p.speech(&at); *s = *at })
	everyField(t, func(p *paper, q *part) { at := q; p.part(&at); *q = *at })
	everyField(t, func(p *paper, e *ear) { at := e; p.ear(&at); *e = *at })
	everyField(t, (*paper).mark)
	everyField(t, (*paper).span)
	everyField(t, (*paper).remark)
	everyField(t, (*paper).move)
	everyField(t, (*paper).window)
	everyField(t, (*paper).place)
}

// elsewhere are the fields of these that are written somewhere else, or made anew.
var elsewhere = []string{"remembered.key", "remembered.observer", "ear.match", "part.said"}

// everyField writes a value all of whose fields are filled, and checks that all of them are read.
func everyField[V any](t *testing.T, one func(*paper, *V)) {
	t.Helper()
	var full, read V
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		if name := v.Type().Name() + "." + v.Type().Field(i).Name; !slices.Contains(elsewhere, name) {
			fillField(t, name, reflect.NewAt(v.Field(i).Type(), v.Field(i).Addr().UnsafePointer()).Elem())
		}
	}
	written, back := &paper{}, &paper{reads: true}
	one(written, &full)
	back.b = written.b
	one(back, &read)
	seen := 0
	if equals(t, v.Type().Name(), v, reflect.ValueOf(&read).Elem(), &seen); back.torn || back.at != len(back.b) {
		t.Errorf("%s: %d of %d bytes are read", v.Type(), back.at, len(back.b))
	}
}

func fillField(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch {
	case v.CanInt():
		v.SetInt(7)
	case v.CanUint():
		v.SetUint(7)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.String:
		v.SetString("seven")
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("seven"), reflect.Zero(v.Type().Elem()))
	case v.Kind() == reflect.Struct: // it is filled by itself, or holds nothing but figures
		for i := range v.NumField() {
			fillField(t, name, reflect.NewAt(v.Field(i).Type(), v.Field(i).Addr().UnsafePointer()).Elem())
		}
	default:
		t.Fatalf("%s: nobody knows how to fill a %s", name, v.Type())
	}
}

// equals reports where two values differ.
func equals(t *testing.T, path string, a, b reflect.Value, seen *int) {
	t.Helper()
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if name := "." + a.Type().Field(i).Name; !slices.Contains(found, name) || slices.Contains([]string{".scope", ".places", ".expect", ".Samples"}, name) {
				equals(t, path+name, a.Field(i), b.Field(i), seen)
			}
		}
	case reflect.Pointer:
		equals(t, path, a.Elem(), b.Elem(), seen)
	case reflect.Slice:
		if a.Len() != b.Len() {
			t.Errorf("%s has %d, and %d are read", path, a.Len(), b.Len())
			return
		}
		for i := range a.Len() {
			equals(t, path+"[]", a.Index(i), b.Index(i), seen)
		}
	case reflect.Map:
		if a.Len() != b.Len() {
			t.Errorf("%s has %d, and %d are read", path, a.Len(), b.Len())
			return
		}
		for _, key := range a.MapKeys() {
			if other := b.MapIndex(key); other.IsValid() {
				equals(t, path+"["+key.String()+"]", a.MapIndex(key), other, seen)
			} else {
				t.Errorf("%s[%s] is not read", path, key)
			}
		}
	default:
		if *seen++; !a.Equal(b) {
			t.Errorf("%s is %v, and %v is read", path, a, b)
		}
	}
}
