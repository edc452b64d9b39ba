package actions

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"holdfast/incident"
	"holdfast/playbooks"
)

// beADaemon names a directory, and makes the test's own program a daemon that carries out one step there.
const beADaemon = "HOLDFAST_TEST_BE_A_DAEMON"

// promotionIn is the step that carries out a promotion, with hands that know whether an earlier one still runs.
func promotionIn(dir string) (*Hands, incident.Effect, error) {
	h, err := New(Config{
		Locks:    filepath.Join(dir, "locks"),
		Commands: map[string]Command{"promote": {Argv: []string{"/bin/sh", filepath.Join(dir, "promote.sh"), dir}}},
	})
	e := effect(playbooks.Run{Exec: &playbooks.Exec{Command: "promote"}})
	e.Repeat = "safe"
	return h, e, err
}

// daemon is what the process does that is killed.
func daemon(dir string) {
	h, e, err := promotionIn(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	h.Carry(context.Background(), e)
}
