package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"holdfast/internal/source"
	"holdfast/playbooks"
)

// playbookLibraryCommand lists the playbooks that ship, or prints one. It asks no daemon.
func playbookLibraryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "library [NAME]",
		Short: "List the playbooks that ship, or print one to start your own from",
		Long: `List the playbooks that ship, or print one to start your own from. Its names and addresses are examples; its comments say what
to fill in. No daemon is asked.`,
		Example: "  holdfast playbook library\n  holdfast playbook library site-failover > continuity/playbooks/site-failover.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out, err := newPrinter(c)
			if err != nil {
				return err
			}
			all := playbooks.Library()
			if len(args) == 1 {
				if all, err = named(all, args[0]); err != nil {
					return err
				}
				if !out.json {
					out.buffer.WriteString(all[0].Text)
					return out.flush()
				}
			}
			if err := showLibrary(out, all); err != nil {
				return err
			}
			return out.flush()
		},
	}
	outputFlags(c)
	return c
}

func named(all []playbooks.Template, name string) ([]playbooks.Template, error) {
	var names []string
	for _, t := range all {
		if t.Name == name {
			return []playbooks.Template{t}, nil
		}
		names = append(names, t.Name)
	}
	return nil, missing(source.DidYouMean(name, names), "no playbook called %q ships", name)
}

func showLibrary(out *printer, all []playbooks.Template) error {
	if out.json {
		body, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return out.raw(body)
	}
	var rows [][]cell
	for _, t := range all {
		rows = append(rows, []cell{{t.Name, bold}, {t.Title, plain}, {t.About, soft}})
	}
	out.table([]string{"NAME", "TITLE", "WHEN"}, rows)
	return nil
}
