package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/readiness"
)

func checkCommand() *cobra.Command {
	var file, output string
	var strict bool
	c := &cobra.Command{
		Use:   "check [DIR | --config FILE]",
		Short: "Read all documents and say everything that is wrong, with position and hint",
		Long: `Read the documents of a continuity directory (bia.yaml, people.yaml, playbooks/*.yaml), or those that a holdfast.yaml
names and that file itself, and print every problem: where it is, the words underlined, and what to do.

With --server, the daemon there is asked for the records of exercises: playbooks that none has verified are found too.

Errors keep a daemon from starting; warnings say that a plan would not work as it stands. It ends with exit code 3 if
there are errors, and with --strict also if there are warnings.`,
		Example: "  holdfast check continuity/\n  holdfast check --config /etc/holdfast/holdfast.yaml -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && file != "" {
				return misused("usage: "+c.UseLine(), "name a directory or a configuration, not both")
			}
			dir := config.DefaultContinuity
			if len(args) == 1 {
				dir = args[0]
			} else if file == "" {
				file = defaultConfig()
			}
			found, docs, err := examine(file, dir)
			if err != nil {
				return err
			}
			if docs != nil && c.Flags().Changed("server") {
				records, _, err := exerciseRecords(c, docs.BIA.Organisation)
				if err != nil {
					return err
				}
				found = append(found, readiness.Exercises(docs, records, time.Now())...)
			}
			return present(c.OutOrStdout(), output, strict, found, docs)
		},
	}
	c.Flags().StringVar(&file, "config", "", "holdfast.yaml to check, with the documents it names")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	connectionFlags(c)
	c.Flags().BoolVar(&strict, "strict", false, "warnings count too")
	return c
}

// defaultConfig is holdfast.yaml of the working directory, if there is one.
func defaultConfig() string {
	if _, err := os.Stat("holdfast.yaml"); err == nil {
		return "holdfast.yaml"
	}
	return ""
}

// examine reads a configuration, where one is named, and the documents, and finds everything that is wrong with them.
func examine(file, dir string) (source.Problems, *incident.Documents, error) {
	var found source.Problems
	var cfg *config.Config
	if file != "" {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, missing("", "read the configuration: %w", err)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the configuration: %w", err)
		}
		var problems source.Problems
		cfg, problems = config.Parse(file, text)
		found = append(found, problems...)
		if problems.HasErrors() {
			return found, nil, nil
		}
		dir = cfg.Continuity
	}
	docs, _, problems, err := openHouse(dir, cfg, nil)
	if err != nil {
		return nil, nil, err
	}
	return append(found, problems...), docs, nil
}

// present prints what was found on standard output, and makes the exit code of it.
func present(w io.Writer, output string, strict bool, found source.Problems, docs *incident.Documents) error {
	found = found.Sorted()
	switch output {
	case "json":
		if err := json.NewEncoder(w).Encode(findings(found)); err != nil {
			return err
		}
	case "text":
		for _, p := range found {
			fmt.Fprint(w, printableLines(p.String()))
		}
		if len(found) == 0 {
			a, roles := docs.BIA, 0
			if docs.People != nil {
				roles = len(docs.People.Roles)
			}
			fmt.Fprintf(w, "%s: %s, %s, %s, %s: no problems\n", printable(a.Organisation), plural(len(a.Judged()), "service"),
				plural(len(a.Components), "component"), plural(len(docs.Playbooks), "playbook"), plural(roles, "role"))
		}
	default:
		return misused("text or json", "there is no output %q", output)
	}
	if found.HasErrors() || strict && len(found) > 0 {
		return exitWith(exitInvalid, "", "%s", countProblems(found))
	}
	return nil
}

// A finding is a problem as programs read it.
type finding struct {
	File     string          `json:"file"`
	Line     int             `json:"line,omitempty"`
	Column   int             `json:"column,omitempty"`
	Width    int             `json:"width,omitempty"`
	Severity source.Severity `json:"severity"`
	Rule     string          `json:"rule"`
	Message  string          `json:"message"`
	Hint     string          `json:"hint,omitempty"`
}

func findings(ps source.Problems) []finding {
	all := []finding{}
	for _, p := range ps {
		all = append(all, finding{p.File, p.Line, p.Column, p.Width, p.Severity, p.Rule, p.Message, p.Hint})
	}
	return all
}
