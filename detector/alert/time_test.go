package alert

import (
	"testing"
	"time"
)

func TestAnInstantIsReadInEveryWayInWhichMonitoringWritesIt(t *testing.T) {
	want := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000Z", "2026-11-23T13:00:00+01:00", "2026-11-23T04:30:00-07:30",
		"2026-11-23T12:00:00+0000", "2026-11-23T12:00:00.000+0000", "2026-11-23T13:00:00+01", "2026-11-23T12:00:00.0000000Z",
		"2026-11-23 12:00:00Z", "2026-11-23 12:00:00 UTC", "2026-11-23 12:00:00 GMT", "2026-11-23 13:00:00 +0100", "2026-11-23 12:00:00 Z",
		"1795435200", "1795435200.0", "1795435200000", "1795435200000000", "1795435200000000000", "1.7954352e9", "1795435200000.000",
	} {
		if got, ok := parseTime(text); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s is read as %s, %t", text, got, ok)
		}
	}
}

func TestNoPartOfASecondIsLost(t *testing.T) {
	want := time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC)
	for _, text := range []string{
		"2026-11-23T12:00:00.123456789+0000", "1795435200123456789", "1795435200.123456789", "1795435200123.456789", "1795435200123456.7890",
	} {
		if got, ok := parseTime(text); !ok || !got.Equal(want) {
			t.Errorf("%s is read as %s, %t", text, got, ok)
		}
	}
}

func TestWhatStandsForNoInstantIsTheZeroTime(t *testing.T) {
	for _, text := range []string{
		"2026-11-23T12:00:00", "2026-11-23 12:00:00", "2026-11-23 12:00:00.5", "0001-01-01T00:00:00Z", "0", "0.0", "-1", "-62135596800",
		"0001-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00",
	} {
		if got, ok := parseTime(text); !ok || !got.IsZero() {
			t.Errorf("%s is read as %s, %t", text, got, ok)
		}
	}
}

func TestWhatIsNoInstantIsNotTakenForOne(t *testing.T) {
	for _, text := range []string{
		"", "yesterday", "12:00", "2026-11-23", "2026-11-23T12:00", "2026-02-30T12:00:00Z", "2026-11-23T24:00:00Z",
		"2026-11-23T12:00:00+00000", "2026-11-23T12:00:00+2500", "2026-11-23T12:00:00+", "2026-11-23T12:00:00 CET", "2026-11-23X12:00:00Z",
		"true", "null", "+1795435200", "1795435200.", ".5", "0x6a", "1e400", "1e300", "NaN", "Inf", "9223372036854775808", "1_795_435_200",
		"1795435200 ", "2026-11-23T9:00:00Z", "2026-11-23T12:00:00,5Z", "1795435200.+5", "١٧٩٥",
	} {
		if got, ok := parseTime(text); ok {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// What package time reads too is the same instant to both, and whatever is read lies where its reader can go on with it.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-11-23T12:00:00Z", "2026-11-23 12:00:00 +0100", "1795435200.5", "1.7e9", "-1", "2026-11-23T12:00:00", "0000-01-01 0:00:00+01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		comparePlainly(t, text)
		got, ok := parseTime(text)
		var want time.Time
		if err := want.UnmarshalText([]byte(text)); err == nil && ok && !got.IsZero() && !got.Equal(want) {
			t.Fatalf("%q is %s, read as %s", text, want, got)
		}
		if ok && (got.Year() < 1 || got.Year() > 9999 || got.Location() != time.UTC) || !ok && !got.IsZero() {
			t.Fatalf("%q is read as %s, %t", text, got, ok)
		}
	})
}
