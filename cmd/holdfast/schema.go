package main

import (
	"github.com/spf13/cobra"

	"holdfast/internal/source"
	"holdfast/schemas"
)

func schemaCommand() *cobra.Command {
	all := map[string][]byte{"bia": schemas.BIA, "people": schemas.People, "playbook": schemas.Playbook, "config": schemas.Config, "report": schemas.Report}
	names := []string{"bia", "people", "playbook", "config", "report"}
	return &cobra.Command{
		Use:   "schema bia|people|playbook|config|report",
		Short: "Print the JSON Schema of a document, for editors to complete and check it",
		Long: `Print the JSON Schema (draft 7) of bia.yaml, people.yaml, a playbook or holdfast.yaml. Editors with a YAML language
server use it where the first line of the document is

  # yaml-language-server: $schema=bia.schema.json

That of a report is for programs which read "holdfast report -o json".`,
		Example:   "  holdfast schema bia > continuity/bia.schema.json",
		Args:      cobra.ExactArgs(1),
		ValidArgs: names,
		RunE: func(c *cobra.Command, args []string) error {
			text, ok := all[args[0]]
			if !ok {
				return misused(source.DidYouMean(args[0], names), "there is no schema of %q", args[0])
			}
			_, err := c.OutOrStdout().Write(text)
			return err
		},
	}
}
