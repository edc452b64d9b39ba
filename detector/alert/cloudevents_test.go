package alert_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// event is a CloudEvent in structured mode with these further fields.
func event(further string) string {
	return `{"specversion": "1.0", "id": "7", "source": "/probes/7", "type": "probe"` + further + `}`
}

const downByFields = `{"status": "firing", "component": "pay-fra-1", "effect": "down"}`

func binary(t *testing.T, header map[string][]string, body string) (alert.Batch, alert.Reason) {
	t.Helper()
	b, err := alert.DecodeMessage(header, []byte(body))
	var u *alert.Unreadable
	if err != nil && !errors.As(err, &u) {
		t.Fatalf("%v is no reason for the dead letters", err)
	}
	if err != nil {
		return b, u.Reason
	}
	return b, ""
}

// headers are those of an event in binary mode.
func headers(further ...string) map[string][]string {
	h := map[string][]string{"ce-specversion": {"1.0"}, "ce-id": {"7"}, "ce-source": {"/probes/7"}, "ce-type": {"probe"}}
	for i := 0; i < len(further); i += 2 {
		h[further[i]] = append(h[further[i]], further[i+1])
	}
	return h
}

func TestAnEventIsTheSameInBothModes(t *testing.T) {
	structured := decode(t, event(`, "subject": "päy 1", "time": "2026-11-23T12:00:00Z", "data": `+downByFields))
	inHeaders, why := binary(t, headers("Ce-Subject", "p%C3%A4y%201", "CE-Time", "2026-11-23T12:00:00Z", "Content-Type", "application/json; charset=utf-8"), downByFields)
	if why != "" {
		t.Fatal(why)
	}
	if diff := cmp.Diff(structured, inHeaders); diff != "" {
		t.Error(diff)
	}
	if got := inHeaders.Alerts[0].StartsAt; !got.Equal(at(t, "2026-11-23T12:00:00Z")) {
		t.Errorf("it begins at %s, not at the event's time", got)
	}
}

func TestAMessageWithoutHeadersOfAnEventIsReadByItsBody(t *testing.T) {
	for _, header := range []map[string][]string{nil, {"Nats-Msg-Id": {"1", "2"}}, {"Content-Type": {"application/cloudevents+json"}}, headers("content-type", "application/CloudEvents+json; charset=utf-8")} {
		b, why := binary(t, header, event(`, "data": `+downByFields))
		if why != "" || b.Format != "cloudevents" || b.Alerts[0].Labels.Get("component") != "pay-fra-1" {
			t.Errorf("with headers %v it is %s: %+v", header, why, b)
		}
	}
}

func TestTheDataOfAnEventMayBeInAnyKnownFormat(t *testing.T) {
	webhook := `{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-23T11:00:00Z"}]}`
	for _, data := range []string{
		`"data": ` + webhook,
		`"data": "` + strings.ReplaceAll(webhook, `"`, `\"`) + `"`,
		`"data_base64": "` + base64.StdEncoding.EncodeToString([]byte(webhook)) + `"`,
	} {
		b := decode(t, event(`, "time": "2026-11-23T12:00:00Z", `+data))
		a := b.Alerts[0]
		if b.Format != "alertmanager" || a.Labels.Get("ce_source") != "/probes/7" || !a.StartsAt.Equal(at(t, "2026-11-23T11:00:00Z")) {
			t.Errorf("%s is read as %+v", data, b)
		}
	}
}

func TestAnEventMayHoldThousandsOfAlerts(t *testing.T) {
	one := `{"status": "firing", "labels": {"component": "a"}},`
	b := decode(t, event(`, "data": {"version": "4", "alerts": [`+strings.Repeat(one, 4999)+strings.TrimSuffix(one, ",")+`]}`))
	if len(b.Alerts) != 5000 {
		t.Errorf("read %d of 5000 alerts", len(b.Alerts))
	}
}

func TestThreeMessagesMayBeWithinEachOtherAndNoMore(t *testing.T) {
	wrap := func(body string) string { return event(`, "data": ` + body) }
	if b := decode(t, wrap(wrap(own("")))); b.Format != "holdfast" {
		t.Errorf("read as %+v", b)
	}
	if got := reason(t, wrap(wrap(wrap(own(""))))); got != alert.TooDeep {
		t.Errorf("four are %s", got)
	}
}

func TestAnEventsHostileVariantsAreRefused(t *testing.T) {
	quoted := func(inner string) string { return event(`, "data": "` + strings.ReplaceAll(inner, `"`, `\"`) + `"`) }
	for body, want := range map[string]alert.Reason{
		strings.Replace(event(`, "data": `+downByFields), "1.0", "0.3", 1):   alert.Malformed,
		strings.Replace(event(`, "data": `+downByFields), `"id"`, `"x"`, 1):  alert.Malformed,
		strings.Replace(event(`, "data": `+downByFields), `"1.0"`, `1.0`, 1): alert.Malformed,
		event(``):               alert.UnknownForm,
		event(`, "data": null`): alert.UnknownForm,
		event(`, "data": 7`):    alert.UnknownForm,
		event(`, "data": {"component": "pay-fra-1"}`):                                                      alert.UnknownForm,
		event(`, "data": {"status": "down"}`):                                                              alert.Malformed,
		event(`, "data": {"status": "firing", "Status": "resolved"}`):                                      alert.DuplicateKey,
		event(`, "data": {"STATUS": "firing"}`):                                                            alert.DuplicateKey,
		event(`, "Source": "/other", "data": ` + downByFields):                                             alert.DuplicateKey,
		event(`, "time": "yesterday", "data": ` + downByFields):                                            alert.Malformed,
		event(`, "data": ` + downByFields + `, "data_base64": "e30="`):                                     alert.Malformed,
		event(`, "data_base64": "e30"`):                                                                    alert.Malformed,
		event(`, "data_base64": "e3\n0="`):                                                                 alert.Malformed,
		event(`, "data_base64": "e31="`):                                                                   alert.Malformed, // bits to spare that are not zero
		event(`, "data_base64": 7`):                                                                        alert.Malformed,
		quoted(`{"holdfast": 1`):                                                                           alert.NotJSON,
		quoted(`{"holdfast": 1, "holdfast": 1, "alerts": []}`):                                             alert.DuplicateKey,
		quoted(`{"holdfast": 1, "a": NaN}`):                                                                alert.NotANumber,
		quoted(strings.Repeat("[", 17) + strings.Repeat("]", 17)):                                          alert.TooDeep,
		quoted("[" + strings.Repeat("0,", 2000) + "0]"):                                                    alert.TooMany,
		event(`, "data_base64": "` + base64.StdEncoding.EncodeToString([]byte("{\"a\": \"\xff\"}")) + `"`): alert.NotUTF8,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%.150s is %s, expected %s", body, got, want)
		}
	}
}

// Each alert gets the event's attributes: many of both would be more than a message of a mebibyte may cost.
func TestALabelAndAnAttributeThatDifferOnlyInCaseAreOneToSomebody(t *testing.T) {
	for _, data := range []string{
		`{"status": "firing", "component": "a", "labels": {"Component": "b"}}`,
		`{"status": "firing", "labels": {"component": "a", "CE_SOURCE": "/another"}}`,
		`{"holdfast": 1, "alerts": [{"status": "firing", "labels": {"Ce_type": "x"}}]}`,
	} {
		if got := reason(t, event(`, "data": `+data)); got != alert.DuplicateKey {
			t.Errorf("%s is %s", data, got)
		}
	}
}

func TestAnEventHasOnlySoManyAttributes(t *testing.T) {
	further, inHeaders := "", headers()
	for i := range 16 {
		further += fmt.Sprintf(`, "a%d": true`, i)
		inHeaders[fmt.Sprintf("ce-a%d", i)] = []string{"true"}
	}
	if got := len(decode(t, event(further+`, "data": `+downByFields)).Alerts[0].Labels); got != 2+18 {
		t.Errorf("%d labels", got)
	}
	if got := reason(t, event(further+`, "b": 1, "data": `+downByFields)); got != alert.TooMany {
		t.Errorf("21 attributes are %s", got)
	}
	if _, why := binary(t, inHeaders, downByFields); why != "" {
		t.Errorf("20 headers are %s", why)
	}
	inHeaders["ce-b"] = []string{"1"}
	if _, why := binary(t, inHeaders, downByFields); why != alert.TooMany {
		t.Errorf("21 headers are %q", why)
	}
}

func TestHostileHeadersOfAnEventAreRefused(t *testing.T) {
	for _, c := range []struct {
		header map[string][]string
		body   string
		want   alert.Reason
	}{
		{headers("ce-source", "/other"), downByFields, alert.DuplicateKey},
		{headers("CE-Source", "/other"), downByFields, alert.DuplicateKey},
		{headers("content-type", "application/json", "Content-Type", "text/plain"), downByFields, alert.DuplicateKey},
		{headers("ce-subject", "100%"), downByFields, alert.Malformed},
		{headers("ce-subject", "%ff"), downByFields, alert.NotUTF8},
		{headers("ce-subject", "\xff"), downByFields, alert.NotUTF8},
		{headers("ce-time", "yesterday"), downByFields, alert.Malformed},
		{headers("content-type", "application/protobuf"), downByFields, alert.UnknownForm},
		{headers(), "not JSON", alert.NotJSON},
		{headers(), `{"component": "pay-fra-1"}`, alert.UnknownForm},
		{map[string][]string{"ce-specversion": {"1.0"}}, downByFields, alert.Malformed},
		{map[string][]string{"ce-specversion": {"2.0"}}, downByFields, alert.Malformed},
		{map[string][]string{"ce-specversion": {}}, downByFields, alert.DuplicateKey},
	} {
		if _, got := binary(t, c.header, c.body); got != c.want {
			t.Errorf("%v %s is %q, expected %s", c.header, c.body, got, c.want)
		}
	}
}
