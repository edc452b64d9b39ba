package embedded_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

func TestTwoDaemonsCannotHaveOneStore(t *testing.T) {
	store := t.TempDir()
	start(t, embedded.Options{Store: store})
	_, err := embedded.Start(embedded.Options{Store: store})
	if err == nil || !strings.Contains(err.Error(), "is held by another process") {
		t.Errorf("got %v", err)
	}
}

func TestAStoreOfAnotherKindOfServerIsNotOpened(t *testing.T) {
	for name, c := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"of a cluster": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "holdfast-store.json"), []byte(`{"holdfast":1,"mode":"trio"}`), 0o600)
		}, `made for node "" of cluster ""`},
		"of a later version": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "holdfast-store.json"), []byte(`{"holdfast":2,"mode":"solo"}`), 0o600)
		}, "version 2"},
		"damaged": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "holdfast-store.json"), nil, 0o600)
		}, "is damaged"},
		"of nobody knows whom": {func(dir string) error {
			return os.Mkdir(filepath.Join(dir, "jetstream"), 0o700)
		}, "choose another directory"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
			_, err := embedded.Start(embedded.Options{Store: dir})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestTheStoreIsItsOwnersAndNobodyElses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "nats")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s := start(t, embedded.Options{Store: dir})
	open(t, s, journal.Options{})
	got := map[string]fs.FileMode{}
	for _, file := range []string{".", "holdfast-store.json", "holdfast-store.lock"} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		got[file] = info.Mode().Perm()
	}
	want := map[string]fs.FileMode{".": 0o700, "holdfast-store.json": 0o600, "holdfast-store.lock": 0o600}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasAcknowledgedIsThereAfterARestart(t *testing.T) {
	store := t.TempDir()
	var want journal.Committed
	func() {
		s, err := embedded.Start(embedded.Options{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		nc, err := s.Connect()
		if err != nil {
			t.Fatal(err)
		}
		js, _ := jetstream.New(nc)
		j, err := journal.Open(context.Background(), js, journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want, err = j.Append(context.Background(), decision); err != nil {
			t.Fatal(err)
		}
		nc.Close()
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}()
	s := start(t, embedded.Options{Store: store})
	if diff := cmp.Diff([]journal.Committed{want}, read(t, open(t, s, journal.Options{}))); diff != "" {
		t.Error(diff)
	}
}
