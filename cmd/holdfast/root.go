package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/internal/source"
)

// newRoot is the whole command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "holdfast",
		Short: "Turn monitoring alerts into a defensible answer: is this a disaster, which plan, by when?",
		Long: `holdfast watches alerts, classifies outages against a business impact analysis, declares disasters where the
authority has delegated that, and carries the continuity playbook through with machines and people.

Try it:    holdfast demo
Check:     holdfast check continuity/
Run it:    holdfast serve --config holdfast.yaml`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          unknownCommand,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return misused(fmt.Sprintf("see %s --help", c.CommandPath()), "%w", err)
	})
	root.AddCommand(serveCommand(), demoCommand(), checkCommand(), readinessCommand(), schemaCommand(), exerciseCommand(), backtestCommand(), whatifCommand(), alertsCommand(), peopleCommand(), verifyCommand(), versionCommand())
	root.AddCommand(clientCommands()...)
	for _, c := range root.Commands() {
		strictArgs(c)
	}
	return root
}

// unknownCommand is what the root itself does: with no word it helps, with an unknown one it says what there is.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	var names []string
	for _, known := range c.Commands() {
		if known.IsAvailableCommand() {
			names = append(names, known.Name())
		}
	}
	hint := c.CommandPath() + " --help lists the commands"
	if near := source.Nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return misused(hint, "there is no command %q", c.CommandPath()+" "+args[0])
}

// strictArgs makes wrong arguments an error of usage, in every command below c.
func strictArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return misused("usage: "+c.UseLine(), "%w", err)
		}
		return nil
	}
	for _, below := range c.Commands() {
		strictArgs(below)
	}
}

// version says which build this is.
func version() string {
	v, revision := "devel", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if m := info.Main.Version; m != "" && m != "(devel)" {
			v = m
		}
		setting := func(key string) string {
			i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == key })
			if i < 0 {
				return ""
			}
			return info.Settings[i].Value
		}
		revision = setting("vcs.revision")
	}
	if len(revision) > 12 && !strings.Contains(v, revision[:12]) {
		v += "+" + revision[:12]
	}
	return v
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "holdfast %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
