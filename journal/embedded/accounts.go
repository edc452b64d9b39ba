package embedded

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"holdfast/journal"
)

// Names of the accounts.
const (
	holdfast = "HOLDFAST"
	team     = "TEAM"
)

// inbox is where the answers to clients go.
const inbox = "_INBOX.>"

// accounts makes the two accounts. What an account hands over to another can be said only in nats-server's own language.
func accounts(subjects []string) (*server.Options, error) {
	var exports, imports strings.Builder
	for _, subject := range append([]string{journal.AlertsPrefix + ">"}, subjects...) {
		if !server.IsValidSubject(subject) || strings.ContainsAny(subject, `"\`) {
			return nil, fmt.Errorf("%q is no subject", subject)
		}
		fmt.Fprintf(&exports, "{service: \"%s\"}\n", subject)
		fmt.Fprintf(&imports, "{service: {account: %s, subject: \"%s\"}}\n", holdfast, subject)
	}
	opts := &server.Options{}
	return opts, opts.ProcessConfigString(fmt.Sprintf(
		"accounts {\n%s {jetstream: enabled, exports: [\n%s]}\n%s {imports: [\n%s]}\n}", holdfast, &exports, team, &imports))
}

// admit lets the daemon into both accounts, and everybody else into that of the team.
func (s *Server) admit(opts *server.Options, o Options) {
	byName := map[string]*server.Account{}
	for _, a := range opts.Accounts {
		byName[a.GetName()] = a
	}
	opts.Nkeys = append(opts.Nkeys,
		&server.NkeyUser{Nkey: public(s.journal), Account: byName[holdfast]},
		&server.NkeyUser{Nkey: public(s.bound), Account: byName[holdfast], Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: journal.NotWhileRunning()}}},
		&server.NkeyUser{Nkey: public(s.team), Account: byName[team]})
	for _, u := range o.Users {
		if u.NKey != "" {
			opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: u.NKey, Account: byName[team], Permissions: u.permissions()})
			continue
		}
		opts.Users = append(opts.Users, &server.User{Username: u.Name, Password: u.Password, Account: byName[team], Permissions: u.permissions()})
	}
	if o.Anonymous && !o.silent() {
		u := User{Publish: []string{journal.AlertsPrefix + ">"}}
		opts.NoAuthUser = public(s.anonymous)
		opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: opts.NoAuthUser, Account: byName[team], Permissions: u.permissions()})
	}
}

// permissions are those that are spelled out, and none besides; an empty list would allow everything.
func (u User) permissions() *server.Permissions {
	p := &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: u.Publish},
		Subscribe: &server.SubjectPermission{Allow: append([]string{inbox}, u.Subscribe...)},
	}
	if len(u.Publish) == 0 {
		p.Publish = &server.SubjectPermission{Deny: []string{">"}}
	}
	if len(u.Subscribe) > 0 {
		p.Response = &server.ResponsePermission{MaxMsgs: 1, Expires: time.Hour} // a step may take its time to be answered
	}
	return p
}
