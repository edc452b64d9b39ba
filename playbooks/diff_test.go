package playbooks

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/internal/source"
)

// edited is a playbook with some words replaced by others, in turn.
func edited(t testing.TB, text string, oldnew ...string) *Playbook {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("the playbook does not say %q", oldnew[i])
		}
		text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
	}
	return read(t, text)
}

func TestADifferenceTellsWhatWouldBeDoneOtherwise(t *testing.T) {
	d := Diff(read(t, failover), edited(t, failover,
		"version: 7", "version: 8",
		"rtc: 40m", "rtc: 30m",
		"approvals: 2", "approvals: 1",
		"url: \"https://fence.internal/fra1\"", "url: \"https://fence.internal/fra2\"",
		"request: {site: ams2}", "request: {site: ams2, force: false}",
		"role: ledger-accounting", "role: accounting-lead",
		"  - {id: failback, phase: reconstitution, decide: \"Fail back as a normal change?\", role: incident-director}\n", "",
		"  - {id: reconcile,", "  - {id: warm, run: {exec: {command: warm-caches, args: [\"a, b\"]}}, timeout: 5m}\n  - {id: reconcile,"))
	want := `failover-payments-to-ams2 version 7 (sha256:` + d.Before.Digest[7:19] + `) -> failover-payments-to-ams2 version 8 (sha256:` + d.After.Digest[7:19] + `)
~ rtc: 40m -> 30m
~ version: 7 -> 8
+ role accounting-lead
- role ledger-accounting
- step failback (decide, reconstitution, after reconcile): Fail back as a normal change?
+ step warm (run, activation, after verified): exec.args "a, b", exec.command warm-caches
~ step fence
    run.http.url: https://fence.internal/fra1 -> https://fence.internal/fra2
~ step go
    approvals: 2 -> 1
~ step promote
    run.nats.request: {"site":"ams2"} -> {"force":false,"site":"ams2"}
~ step reconcile
    after: verified -> warm
    role: ledger-accounting -> accounting-lead
`
	if got := d.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsOnlyWrittenOtherwiseIsNoDifference(t *testing.T) {
	d := Diff(read(t, failover), edited(t, failover,
		"timeout: 2m, retry: 3", "timeout: 120s, retry: 3, backoff: 1s", // the default, written out
		"verify: {service: payments-api, for: 10m}", "after: [promote], verify: {service: payments-api, for: 10m, at: mbco}",
		"rtc: 40m", "rtc: 40m # as of the last exercise"))
	if !d.None() {
		t.Errorf("it differs:\n%s", d.Text())
	}
	if !strings.Contains(d.Text(), "only in how they are written") {
		t.Errorf("it does not say that the texts are two:\n%s", d.Text())
	}
}

func TestNoTextOfAPlaybookPassesForALineOfTheDifference(t *testing.T) {
	d := Diff(read(t, failover), edited(t, failover, `"Promote the ledger in Amsterdam?"`, `"Promote?\n+ step forged (run, recovery): rm\e[2J"`))
	if got := d.Text(); strings.Contains(got, "\n+ step forged") || strings.ContainsRune(got, 0x1b) {
		t.Errorf("it came through:\n%s", got)
	}
}

func TestStepsThatChangePlacesAreADifferenceOfOrder(t *testing.T) {
	text := "playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: a, after: [], wait: 1m}\n  - {id: b, after: [], wait: 2m}\n"
	swapped := read(t, "playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: b, after: [], wait: 2m}\n  - {id: a, after: [], wait: 1m}\n")
	d := Diff(read(t, text), swapped)
	if d.Order == nil || len(d.Changed) != 0 || d.Count() != 1 || !strings.Contains(d.Text(), "~ order: a, b -> b, a") {
		t.Errorf("%+v\n%s", d, d.Text())
	}
}

func TestNoPlaybookDiffersFromItselfAndADifferenceHasTwoSides(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := someOf(rt, "a"), someOf(rt, "b")
		if d := Diff(a, a); !d.None() {
			rt.Fatalf("it differs from itself:\n%s", d.Text())
		}
		there, back := Diff(a, b), Diff(b, a)
		if there.Count() != back.Count() || len(there.Added) != len(back.Removed) || len(there.Changed) != len(back.Changed) {
			rt.Fatalf("there:\n%s\nback:\n%s", there.Text(), back.Text())
		}
	})
}

// someOf is a small playbook.
func someOf(t *rapid.T, name string) *Playbook {
	var b strings.Builder
	b.WriteString("playbook: p\nfor: {services: [shop]}\nsteps:\n")
	for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID).Draw(t, name) {
		fmt.Fprintf(&b, "  - {id: %s, wait: %dm}\n", id, rapid.IntRange(1, 2).Draw(t, "minutes"))
	}
	p, problems := Parse("p.yaml", []byte(b.String()))
	if problems.HasErrors() {
		t.Fatalf("%v", problems)
	}
	return p
}

// A field that is added to the language is seen by the difference too: each is changed once, and has to be told.
func TestADifferenceSeesEveryFieldThatCanBeWritten(t *testing.T) {
	seen := 0
	for _, of := range []reflect.Type{reflect.TypeFor[Playbook](), reflect.TypeFor[Step]()} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("doc"), ",")
			if name == "" || name == "steps" || name == "id" {
				continue
			}
			before, after := reflect.New(of), reflect.New(of)
			fill(after.Elem().Field(i))
			if len(changes(flat(before.Interface()), flat(after.Interface()))) == 0 {
				t.Errorf("%s.%s changed, and no difference is told", of.Name(), name)
			}
			seen++
		}
	}
	if seen < 35 {
		t.Errorf("only %d fields were tried", seen)
	}
}

// fill makes a value anything but zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1_000_000_000)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element)
		v.SetMapIndex(reflect.ValueOf("x").Convert(v.Type().Key()), element)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Struct:
		if v.Type().String() == "time.Time" {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type != reflect.TypeFor[source.Marks]() {
				fill(v.Field(i))
			}
		}
	}
}
