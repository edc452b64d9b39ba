package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
)

// watchdogPatience is how long a call may take.
const watchdogPatience = 10 * time.Second

// callWatchdog calls the watchdog for as long as this daemon is able: in charge, and sure to record what it decides. One that stands
// by does not call: its calls would cover up that nobody is in charge. A call that fails is logged, and changes nothing.
func callWatchdog(ctx context.Context, w *config.Watchdog, able func() bool, log zerolog.Logger) error {
	if w == nil {
		<-ctx.Done()
		return nil
	}
	client := &http.Client{Timeout: watchdogPatience}
	for failed := false; ; {
		if able() {
			err := call(ctx, client, w.URL)
			if err != nil && !failed && ctx.Err() == nil {
				log.Error().Err(err).Msg("the watchdog cannot be called: it will say that holdfast is gone")
			}
			failed = err != nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.Every):
		}
	}
}

func call(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("call the watchdog: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("call the watchdog: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("call the watchdog: it answers %s", answer.Status)
	}
	return nil
}
