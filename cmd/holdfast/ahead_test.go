package main

import (
	"errors"
	"iter"
	"slices"
	"testing"
)

func counting(to int, end error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := range to {
			if !yield(n, nil) {
				return
			}
		}
		if end != nil {
			yield(0, end)
		}
	}
}

func TestReadingAheadGivesTheSameInTheSameOrder(t *testing.T) {
	for _, to := range []int{0, 1, 32, 33, 1000} {
		var got []int
		for n, err := range ahead(counting(to, nil)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		if len(got) != to || !slices.IsSorted(got) {
			t.Errorf("of %d came %d: %v", to, len(got), got)
		}
	}
}

func TestReadingAheadHandsOnWhatWentWrong(t *testing.T) {
	torn := errors.New("the tape is torn")
	var last error
	for _, err := range ahead(counting(70, torn)) {
		last = err
	}
	if !errors.Is(last, torn) {
		t.Errorf("what went wrong came out as %v", last)
	}
}

func TestReadingAheadEndsWhenNobodyTakesAnyMore(t *testing.T) {
	ended := false
	endless := func(yield func(int, error) bool) {
		defer func() { ended = true }()
		for n := 0; yield(n, nil); n++ {
		}
	}
	for n, err := range ahead(endless) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 100 {
			break
		}
	}
	if !ended {
		t.Error("the sequence still goes on")
	}
}
