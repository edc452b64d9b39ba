package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
)

// printCommand writes what people need on paper when nothing else can be reached. It asks no daemon.
func printCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "print [DIR]",
		Short: "Write a run sheet to print and keep: who is reached how, what is vital, every playbook step by step",
		Long: `Read the documents of a continuity directory and write them as a run sheet in Markdown, for the night on which holdfast, the
network or the building is gone: who holds which role now and how they are reached, what has to be back by when, and
every playbook with a box for each step, who does it, what may not be done twice and how it is taken back.

No daemon is asked. Of secrets it has the names, and of webhooks the host alone; it names people, so keep it as you keep
people.yaml. Print it anew after every change of the documents: its head says from which it is.`,
		Example: "  holdfast print > run-sheet.md\n  holdfast print /etc/holdfast/continuity --output run-sheet.md",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := config.DefaultContinuity
			if len(args) == 1 {
				dir = args[0]
			}
			docs, problems, err := loadDocuments(dir)
			if err != nil {
				return err
			}
			if docs == nil || docs.BIA == nil || problems.HasErrors() {
				return invalid("", problems)
			}
			return writeSheet(c.OutOrStdout(), output, docs.Sheet(time.Now()))
		},
	}
	c.Flags().StringVar(&output, "output", "", "the file to write; default: standard output")
	return c
}

func writeSheet(w io.Writer, file, text string) error {
	text = printableLines(text)
	if file != "" {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the run sheet: %w", err)
		}
		return nil
	}
	_, err := io.WriteString(w, text)
	return err
}
