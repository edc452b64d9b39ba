package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"holdfast/oncall"
)

func peopleCommand() *cobra.Command {
	c := &cobra.Command{Use: "people", Short: "Make the tokens by which people prove who they are", Args: cobra.ArbitraryArgs, RunE: unknownCommand}
	c.AddCommand(peopleTokenCommand())
	return c
}

func peopleTokenCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for a person; it is shown this once only",
		Long: `Make a token for a person of people.yaml, and the token_hash line that people.yaml keeps. The token is shown this once
only and stored nowhere. The person keeps it in a file that nobody else can read, and names it with --token-file.`,
		Example: "  holdfast people token director-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			token, hash := newToken()
			switch output {
			case "json":
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]string{"person": args[0], "token": token, "token_hash": hash})
			case "text":
				fmt.Fprintf(c.OutOrStdout(), "token:      %s\ntoken_hash: %q\n", token, hash)
				fmt.Fprintf(c.ErrOrStderr(), "Give the token to %s; it is not shown again. Put the token_hash line below that name in people.yaml.\n", printable(args[0]))
				return nil
			}
			return misused("text or json", "there is no output %q", output)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// newToken makes a token from the system's randomness.
func newToken() (token, hash string) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program rather than return weak bytes
	return oncall.NewToken(random)
}
