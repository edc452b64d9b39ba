package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"holdfast/internal/source"
)

// reportFormats are the forms of a report as they are asked for, and as the API calls them.
var reportFormats = map[string]string{"markdown": "markdown", "md": "markdown", "table": "markdown", "json": "json", "html": "html"}

func reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report INCIDENT",
		Short: "Write the after-action report of an incident: Markdown, JSON, or a page with its timeline drawn",
		Long: `Write the after-action report of an incident from the records alone: its clocks against the objectives, counted from the
outage and from the declaration; who declared, on which explanation, and what was not counted; who did what and who was told
what; checks and evidence; actions; the timeline; and where in the log of decisions all of it stands.

As html it is one file that loads nothing and runs no script, with the timeline drawn; it prints well. As json it follows
the schema that "holdfast schema report" prints. People are named by their ids; --names adds what people.yaml calls them.`,
		Example: "  holdfast report booking-api-1123\n  holdfast report booking-api-1123 -o html --output report.html\n  holdfast report booking-api-1123 -o json | jq .figures",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: completeTarget,
	}
	c.Flags().String("output", "", "file to write it to; standard output, if it is not given")
	c.Flags().Bool("names", false, "add what people.yaml calls the people in it")
	connectionFlags(c)
	c.Flags().StringP("format", "o", "markdown", "markdown, json or html")
	c.RunE = func(c *cobra.Command, args []string) error {
		asked, _ := c.Flags().GetString("format")
		format, ok := reportFormats[asked]
		if !ok {
			return misused(source.DidYouMean(asked, []string{"markdown", "json", "html"}), "there is no form %q of a report: markdown, json or html", asked)
		}
		if file, _ := c.Flags().GetString("output"); reportFormats[file] != "" {
			return misused("-o "+file+" asks for the form; a file of that name is ./"+file, "--output names a file, and %q is a form", file)
		}
		daemon, err := newClient(c)
		if err != nil {
			return err
		}
		ctx, cancel := patiently(c)
		defer cancel()
		path := incidentPath(args[0], "/report?format="+format)
		if names, _ := c.Flags().GetBool("names"); names {
			path += "&names=true"
		}
		body, err := daemon.get(ctx, path)
		if err != nil {
			return err
		}
		return writeReport(c, format, body)
	}
	return c
}

// writeReport writes a report where it is wanted. Whatever it quotes can drive no terminal.
func writeReport(c *cobra.Command, format string, body []byte) error {
	text := []byte(printableLines(string(body)))
	if format == "json" {
		var indented bytes.Buffer
		if err := json.Indent(&indented, bytes.TrimSpace(body), "", "  "); err != nil {
			return failed("", "the answer is no JSON: %w", err)
		}
		text = []byte(asciiControls(indented.String()) + "\n")
	}
	file, _ := c.Flags().GetString("output")
	if file == "" {
		if _, err := c.OutOrStdout().Write(text); err != nil {
			return failed("", "write the report: %w", err)
		}
		return nil
	}
	if err := writeWhole(file, text); err != nil {
		return failed("", "write the report: %w", err)
	}
	// Not on standard output, where a report goes and nothing else does.
	_, err := fmt.Fprintf(c.ErrOrStderr(), "holdfast: the report is in %s\n", printable(file))
	return err
}

// writeWhole writes a file whole or not at all. Only its owner may read it: a report tells of people and of weak points.
func writeWhole(file string, text []byte) error {
	folder := filepath.Dir(file)
	temporary, err := os.CreateTemp(folder, ".holdfast-*")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s", folder)
	case err != nil: // says why; the name of what would have been renamed is nobody's concern
		return fmt.Errorf("no file can be made in %s: %w", folder, reasonOf(err))
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already where all went well
	if _, err := temporary.Write(text); err != nil {
		_ = temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return fmt.Errorf("%s: %w", file, reasonOf(err))
	}
	return nil
}

// reasonOf is why something could not be done to a file, without the file's name.
func reasonOf(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	if at := (*os.LinkError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}
