package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Versions of the peers. Bento is built by the module in bento/, which holds no more of it than row 15 needs.
const (
	alertmanagerModule = "github.com/prometheus/alertmanager/cmd/alertmanager@v0.31.1"
	bentoVersion       = "v1.8.2"
)

// A kit is the programs that are measured.
type kit struct {
	holdfast, alertmanager, bento string
}

// assemble builds holdfast, and installs the peers unless they are there already. A peer that cannot be had is an error.
func assemble(ctx context.Context, cache string, peers bool, say func(string, ...any)) (kit, error) {
	bin := filepath.Join(cache, "bin")
	k := kit{holdfast: filepath.Join(bin, "holdfast")}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return k, err
	}
	if _, err := run(ctx, "..", nil, "go", "build", "-o", k.holdfast, "./cmd/holdfast"); err != nil {
		return k, fmt.Errorf("build holdfast: %w", err)
	}
	if !peers {
		return k, nil
	}
	k.alertmanager, k.bento = filepath.Join(bin, "alertmanager"), filepath.Join(bin, "bento-"+bentoVersion)
	for _, p := range []struct {
		name, file string
		build      func() error
	}{
		{"Alertmanager", k.alertmanager, func() error {
			_, err := run(ctx, cache, []string{"GOBIN=" + bin, "GOWORK=off", "GOFLAGS="}, "go", "install", alertmanagerModule)
			return err
		}},
		{"Bento", k.bento, func() error {
			_, err := run(ctx, "bento", []string{"GOWORK=off"}, "go", "build", "-buildvcs=false", "-o", k.bento, ".")
			return err
		}},
	} {
		if _, err := os.Stat(p.file); err == nil {
			continue
		}
		begun := time.Now()
		if err := p.build(); err != nil {
			return k, fmt.Errorf("the peer %s cannot be installed (PEERS=none measures without): %w", p.name, err)
		}
		say("%s is installed (%s)", p.name, time.Since(begun).Round(time.Second))
	}
	return k, nil
}
