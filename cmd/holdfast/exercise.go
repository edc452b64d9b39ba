package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"holdfast/exercise"
	"holdfast/internal/source"
)

func exerciseCommand() *cobra.Command {
	var output, reports string
	c := &cobra.Command{
		Use:   "exercise FILE...",
		Short: "Rehearse scenarios on their own clock, in milliseconds, with the code that would decide for real",
		Long: `Rehearse scenarios: each FILE is a txtar archive of bia.yaml, playbooks, people.yaml and a timeline of what happens. The
story tells what holdfast would classify, declare, invoke and miss, and when. Nothing reaches the world.

Lines such as "# expect disaster at 5m by site_loss_inferred" or "# expect never disaster" before the first file are held
against the story; it ends with exit code 1 if one of them does not come true.`,
		Example: "  holdfast exercise scenarios/site-loss.txtar\n  holdfast exercise -o json scenarios/*.txtar",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if output != "text" && output != "json" {
				return misused("text or json", "there is no output %q", output)
			}
			if reports != "" && len(files) > 1 {
				return misused("name one scenario", "the reports of several scenarios would overwrite each other")
			}
			return rehearse(c.OutOrStdout(), c.ErrOrStderr(), output, reports, files)
		},
	}
	c.Flags().StringVar(&reports, "reports", "", "directory into which to write the after-action report of each incident, as Markdown, JSON and a page")
	c.Flags().StringVarP(&output, "output", "o", "text", "text, or json: one object a line for each change")
	return c
}

// rehearse plays all scenarios, and fails if a document is wrong or an expectation does not come true.
func rehearse(out, talk io.Writer, output, reports string, files []string) error {
	var wrong source.Problems
	unmet := 0
	for _, file := range files {
		problems, failures, err := rehearseOne(out, talk, output, reports, file)
		if err != nil {
			return err
		}
		wrong = append(wrong, problems...)
		for _, f := range failures {
			unmet++
			fmt.Fprintf(talk, "%s: %s\n", f.Expectation.Mark.Position, printable(f.String()))
		}
	}
	switch {
	case wrong.HasErrors():
		return wrong
	case unmet > 0:
		return failed("", "%s did not come true", plural(unmet, "expectation"))
	}
	return nil
}

func rehearseOne(out, talk io.Writer, output, reports, file string) (source.Problems, []exercise.Failure, error) {
	archive, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, missing("", "read the scenario: %w", err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the scenario: %w", err)
	}
	scenario, problems := exercise.Parse(file, archive)
	if problems.HasErrors() {
		return problems, nil, nil
	}
	story, err := exercise.Run(scenario)
	if err != nil {
		return nil, nil, fmt.Errorf("rehearse %s: %w", file, err)
	}
	unmet := scenario.Check(story)
	if err := writeReports(talk, reports, story); err != nil {
		return nil, nil, err
	}
	if output == "json" {
		_, err = out.Write(story.JSON())
		return nil, unmet, err
	}
	text := story.Text()
	if expected := len(scenario.Expected); expected > 0 {
		text += fmt.Sprintf("\nas expected: %d of %s\n", expected-len(unmet), plural(expected, "expectation"))
	}
	_, err = io.WriteString(out, printableLines(text))
	return nil, unmet, err
}

// writeReports writes what would be reported of each incident of a story, and says where; nowhere: nothing.
func writeReports(talk io.Writer, dir string, story exercise.Story) error {
	if dir == "" {
		return nil
	}
	reports := story.Reports()
	if len(reports) == 0 {
		_, err := fmt.Fprintln(talk, "holdfast: no report is written: this scenario opens no incident")
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("", "write the reports: %w", err)
	}
	for _, r := range reports {
		page, err := r.HTML()
		if err != nil {
			return failed("", "write the report of %s: %w", r.Incident, err)
		}
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return failed("", "write the report of %s: %w", r.Incident, err)
		}
		for ending, text := range map[string][]byte{"md": []byte(r.Markdown()), "json": []byte(asciiControls(string(text)) + "\n"), "html": page} {
			if err := writeWhole(filepath.Join(dir, r.Incident+"."+ending), text); err != nil {
				return failed("", "write the reports: %w", err)
			}
		}
	}
	_, err := fmt.Fprintf(talk, "holdfast: the reports of %s are in %s\n", plural(len(reports), "incident"), printable(dir))
	return err
}
