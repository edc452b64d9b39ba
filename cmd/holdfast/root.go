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
	root.AddCommand(serveCommand(), demoCommand(), checkCommand(), readinessCommand(), printCommand(), schemaCommand(), exerciseCommand(), backtestCommand(), whatifCommand(), alertsCommand(), peopleCommand(), verifyCommand(), setupCommand(), backupCommand(), restoreCommand(), mirrorCommand(), promoteCommand(), migrateCommand(), versionCommand())
	root.AddCommand(clientCommands()...)
	inChapters(root)
	for _, c := range root.Commands() {
		strictArgs(c)
	}
	return root
}

// chapters are the commands as somebody looks for them who does not know their names. What is needed at night comes first.
var chapters = []struct {
	title    string
	commands []string
}{
	{"Look, while something is wrong:", []string{"status", "incident", "explain", "oncall"}},
	{"Answer a step:", []string{"ack", "done", "failed", "cannot", "approve", "decline", "retry", "skip", "hand-over", "overrule"}},
	{"Say what monitoring does not know:", []string{"estimate", "facility", "data", "intentional", "maintenance", "backdate", "note", "reported"}},
	{"Hold a run back, or call it off:", []string{"pause", "hold", "resume", "abort", "skip-rest"}},
	{"Decide, with the authority:", []string{"declare", "invoke", "stand-down", "rebase", "arm", "disarm", "adopt-gap"}},
	{"Learn from it:", []string{"report", "action", "refusals"}},
	{"Ask beforehand:", []string{"demo", "check", "readiness", "print", "rehearse", "exercise", "whatif", "backtest", "playbook"}},
	{"Operate:", []string{"serve", "setup", "backup", "restore", "verify", "mirror", "promote", "migrate", "alerts", "people", "schema", "version"}},
}

// inChapters sorts the commands of the root into chapters.
func inChapters(root *cobra.Command) {
	for _, chapter := range chapters {
		root.AddGroup(&cobra.Group{ID: chapter.title, Title: chapter.title})
		root.SetHelpCommandGroupID(chapter.title)
	}
	for _, c := range root.Commands() {
		for _, chapter := range chapters {
			if slices.Contains(chapter.commands, c.Name()) {
				c.GroupID = chapter.title
			}
		}
	}
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
			return misused("usage: "+c.UseLine(), "%s", counted(c, args))
		}
		return nil
	}
	for _, below := range c.Commands() {
		strictArgs(below)
	}
}

// counted says what words a command takes, where it was given too few or too many.
func counted(c *cobra.Command, args []string) string {
	given := "nothing"
	if len(args) > 0 {
		given = plural(len(args), "word")
	}
	takes, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(c.Use, c.Name())), " [flags]")
	if takes == "" {
		takes = "no words besides its flags"
	}
	return fmt.Sprintf("%s takes %s, and was given %s", c.Name(), takes, given)
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
