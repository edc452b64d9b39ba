package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/incident"
)

// glance is how long a daemon that nobody named is waited for.
const glance = time.Second

// exerciseRecords are the records of exercises of a daemon; known: one was asked. A daemon that is named has to answer; the
// one at the default address is asked if it is there, and counts if it is of the same organisation.
func exerciseRecords(c *cobra.Command, organisation string) (records []incident.Exercised, known bool, err error) {
	wanted := c.Flags().Changed("server") || os.Getenv(envServer) != ""
	limit, _ := c.Flags().GetDuration("timeout")
	switch {
	case limit > 0:
	case wanted:
		limit = patience
	default:
		limit = glance
	}
	daemon, err := newClient(c)
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(contextOf(c), limit)
	defer cancel()
	var answer console.Exercises
	_, err = daemon.read(ctx, "/api/v1/exercises", &answer)
	switch {
	case wanted && err != nil:
		return nil, false, err
	case err != nil, !wanted && answer.Organisation != organisation:
		return nil, false, nil
	}
	return answer.Records, true, nil
}
