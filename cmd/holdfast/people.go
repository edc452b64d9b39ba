package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/oncall"
	"holdfast/oncall/sealed"
)

func peopleCommand() *cobra.Command {
	c := &cobra.Command{Use: "people", Short: "Make the tokens by which people prove who they are, and forget people", Args: cobra.ArbitraryArgs, RunE: unknownCommand}
	c.AddCommand(peopleTokenCommand(), peopleForgetCommand())
	return c
}

func peopleTokenCommand() *cobra.Command {
	var output, file, people string
	c := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for a person; it is shown this once only",
		Long: `Make a token for a person of people.yaml, and the token_hash that people.yaml keeps. The token is shown this once only
and stored nowhere. The person keeps it in a file that nobody else can read, and names it with --token-file.

With --config or --people it says so if people.yaml knows nobody of that name.`,
		Example: "  holdfast people token director-1\n  holdfast people token director-1 --people continuity/people.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return misused("text or json", "there is no output %q", output)
			}
			known, err := isKnown(args[0], file, people)
			if err != nil {
				return err
			}
			if !known {
				fmt.Fprintf(c.ErrOrStderr(), "holdfast: warning: people.yaml knows nobody called %q: this token is nobody's until it does\n", printable(args[0]))
			}
			token, hash := newToken()
			if output == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]string{"person": args[0], "token": token, "token_hash": hash})
			}
			fmt.Fprintf(c.OutOrStdout(), "token:      %s\ntoken_hash: %q\n", token, hash)
			fmt.Fprintf(c.ErrOrStderr(), tokenAdvice, printable(args[0]), hash)
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().StringVar(&file, "config", "", "holdfast.yaml, to look NAME up in the people.yaml that it leads to")
	c.Flags().StringVar(&people, "people", "", "people.yaml, to look NAME up in")
	return c
}

func peopleForgetCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "forget ID",
		Short: "Destroy the key of a person's sealed record, so that nobody can open it any more",
		Long: `Destroy the key by which the name, the addresses and the token hash of a person are sealed beside the journal, and then
the record. Nobody can open it any more, nor a copy of it without its key. The journal holds nothing but the id, and keeps it.

Take the person out of people.yaml first, and reload the daemon: it would seal what it finds there again.`,
		Example: "  holdfast people forget director-1 --config /etc/holdfast/holdfast.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(serving{file: file})
			if err != nil {
				return err
			}
			if err := forget(cfg, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is forgotten: the key is destroyed, and the record with it; what stands in the journal is the id\n", printable(args[0]))
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "holdfast.yaml of the daemon")
	return c
}

// forget destroys what is kept of a person beside the journal, unless people.yaml still has them.
func forget(cfg *config.Config, id string) error {
	people := filepath.Join(cfg.Continuity, "people.yaml")
	known, err := isKnown(id, "", people)
	switch {
	case err == nil && known:
		return exitWith(exitRefused, "take them out of it, reload the daemon, then forget them", "%s is still in %s, and would be sealed again", printable(id), people)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	err = newRosterCopy(cfg.Records).store.Forget(id)
	if errors.Is(err, sealed.ErrUnknown) {
		return missing("", "%w", err)
	}
	return err
}

// tokenAdvice is said beside a token; a person is written on one line or on several, and the key goes to either.
const tokenAdvice = `Give the token to %[1]s; it is not shown again. In people.yaml, %[1]s gets the key token_hash, on a line of its own
below the name, or within the braces where the person is written on one line; then reload the daemon:
  %[1]s: {token_hash: "%[2]s", channels: […]}
`

// isKnown reports whether a people.yaml has somebody of that name; where none is named everybody may be known.
func isKnown(name, file, people string) (bool, error) {
	switch {
	case file != "" && people != "":
		return false, misused("name one of the two", "--config and --people both say where people.yaml is")
	case file != "":
		cfg, err := loadConfig(serving{file: file})
		if err != nil {
			return false, err
		}
		people = filepath.Join(cfg.Continuity, "people.yaml")
	case people == "":
		return true, nil
	}
	text, err := os.ReadFile(people)
	if errors.Is(err, fs.ErrNotExist) {
		return false, missing("name it with --people", "look %s up: %w", name, err)
	}
	if err != nil {
		return false, fmt.Errorf("look %s up: %w", name, err)
	}
	roster, problems := oncall.Parse(people, text)
	if problems.HasErrors() {
		return false, problems
	}
	return roster.People[name] != nil, nil
}

// newToken makes a token from the system's randomness.
func newToken() (token, hash string) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program rather than return weak bytes
	return oncall.NewToken(random)
}
