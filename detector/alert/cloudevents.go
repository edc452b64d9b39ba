package alert

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// CloudEvents 1.0 (https://github.com/cloudevents/spec): an event in whose data there is a message in any other format,
// or one alert by its fields:
//
//	{"specversion": "1.0", "id": "7", "source": "/probes/7", "type": "com.example.probe", "time": "2026-11-23T12:00:00Z",
//	 "data": {"status": "firing", "component": "pay-fra-1", "effect": "down"}}
//
// In structured mode all of this is the body (Decode knows it); in binary mode the attributes are headers of the NATS
// message, each with ce- before its name, and the body is the data (only DecodeMessage sees it).
const cloudEventsVersion = "1.0"

// maxAttributes is how many attributes an event may have: each alert within it gets them all.
const maxAttributes = 20

// Attributes that are not kept as labels: they differ from event to event, or are about the form only.
var eventForm = []string{"specversion", "id", "time", "datacontenttype", "dataschema", "traceparent", "tracestate"}

var (
	eventKeys  = append([]string{"source", "type", "subject", "data", "data_base64"}, eventForm...)
	eventAlert = []string{"status", "labels", "annotations", "starts_at", "ends_at", "fingerprint", "sequence"}
)

// An event is what is around the data.
type event struct {
	attributes map[string]string
	at         time.Time
}

// newEvent checks what every event has to have.
func newEvent(attributes map[string]string) (event, error) {
	e := event{attributes: attributes}
	refuse := func(format string, args ...any) (event, error) {
		return e, &Unreadable{Malformed, "the event " + fmt.Sprintf(format, args...)}
	}
	if len(attributes) > maxAttributes {
		return e, &Unreadable{TooMany, fmt.Sprintf("the event has more than %d attributes", maxAttributes)}
	}
	if version := attributes["specversion"]; version != cloudEventsVersion {
		return refuse("is of version %s of CloudEvents; known is %q", short(version), cloudEventsVersion)
	}
	for _, name := range []string{"id", "source", "type"} {
		if attributes[name] == "" {
			return refuse("has no %q", name)
		}
	}
	if written := attributes["time"]; written != "" {
		at, ok := parseTime(written)
		if !ok {
			return refuse("has a \"time\" that is not an instant: %s", short(written))
		}
		e.at = at
	}
	return e, nil
}

func claimsCloudEvent(v value) bool {
	_, ok := v.field("specversion")
	return ok
}

// openCloudEvent reads one in structured mode.
func openCloudEvent(v value, inside reader) (Batch, error) {
	f := fill(v, "the event", eventKeys...)
	attributes := map[string]string{}
	for _, field := range v.fields {
		if attributeName(field.key) && (field.value.kind == text || field.value.kind == word) && !field.value.isNull() {
			attributes[field.key] = field.value.text
		}
	}
	for _, name := range eventKeys {
		if name != "data" {
			f.text(name) // numbers are for extensions only
		}
	}
	delete(attributes, "data")
	e, err := newEvent(attributes)
	if f.err != nil {
		err = f.err
	}
	if err != nil {
		return Batch{}, err
	}
	data, err := eventData(f)
	if err != nil {
		return Batch{}, err
	}
	return e.open(data, inside)
}

// attributeName reports whether a name can be that of an attribute; others are nobody's, and left out.
func attributeName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// eventData is the data of an event in structured mode: JSON as it stands, in a string, or in base64.
func eventData(f *form) (value, error) {
	data, plain := f.value.field("data")
	encoded := f.text("data_base64")
	switch {
	case f.err != nil:
		return value{}, f.err
	case plain && encoded != "":
		return value{}, &Unreadable{Malformed, `the event has both "data" and "data_base64"`}
	case encoded != "":
		return unpackBase64(encoded, `"data_base64"`)
	case data.kind == text:
		return unpack(data.text, `"data"`)
	case !plain:
		return value{}, &Unreadable{UnknownForm, "the event has no data"}
	}
	return data, nil
}

// open reads an event's data in whatever format that is, or else by its fields.
func (e event) open(data value, inside reader) (Batch, error) {
	batch, err := inside(data)
	if u := (*Unreadable)(nil); errors.As(err, &u) && u.Reason == UnknownForm && data.kind == object {
		batch, err = one(e.read(data))
	}
	if err != nil {
		return Batch{}, err
	}
	for i := range batch.Alerts {
		batch.Alerts[i] = e.around(batch.Alerts[i])
	}
	return batch.distinct()
}

// read makes an alert of data that is in no known format.
func (e event) read(data value) (Alert, error) {
	f := fill(data, "the event's data", eventAlert...)
	if _, ok := data.field("status"); !ok {
		f.fail(UnknownForm, "is of no format that is known here, and has no \"status\": write a mapping for events of type %s", short(e.attributes["type"]))
	}
	all := labels{}
	all.addAll("", data, eventAlert...)
	for _, l := range f.texts("labels") {
		all.set(l.Name, l.Value)
	}
	a := Alert{
		Status:      f.status(Firing, Resolved, Unknown),
		Labels:      LabelsOf(all),
		Annotations: f.texts("annotations"),
		StartsAt:    f.when("starts_at"),
		EndsAt:      f.when("ends_at"),
		Fingerprint: f.text("fingerprint"),
		Sequence:    f.count("sequence"),
	}
	if a.Fingerprint == "" && e.attributes["subject"] != "" {
		a.Fingerprint = e.attributes["source"] + "\n" + e.attributes["subject"]
	}
	return a, f.err
}

// around gives an alert the event's attributes for labels, and its time where it has none itself.
func (e event) around(a Alert) Alert {
	attributes := labels{}
	for name, value := range e.attributes {
		if !slices.Contains(eventForm, name) && !secretive(name) {
			attributes.set("ce_"+name, value)
		}
	}
	a = a.with(attributes)
	if a.At().IsZero() {
		a = a.since(e.at)
	}
	return a
}

// DecodeMessage reads one message of NATS: a body in whatever known format it is, several of them, or a CloudEvent in
// binary mode. The error is an *Unreadable.
func DecodeMessage(header map[string][]string, body []byte) (Batch, error) {
	return (*Reader)(nil).DecodeMessage(header, body)
}

// DecodeMessage is as the function of this name.
func (r *Reader) DecodeMessage(header map[string][]string, body []byte) (Batch, error) {
	if several, ok := header[HeaderBodies]; ok {
		return r.decodeBodies(several, body)
	}
	names := eventNames(header)
	if len(names) == 0 {
		return r.Decode(body)
	}
	attributes, err := eventHeader(header, names)
	if err != nil {
		return Batch{}, err
	}
	media, _, _ := strings.Cut(attributes["datacontenttype"], ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if _, binary := attributes["specversion"]; !binary || media == "application/cloudevents+json" {
		return Decode(body)
	}
	if media != "" && !strings.HasSuffix(media, "/json") && !strings.HasSuffix(media, "+json") {
		return Batch{}, &Unreadable{UnknownForm, "the event's data is " + short(media) + ", not JSON"}
	}
	e, err := newEvent(attributes)
	if err != nil {
		return Batch{}, err
	}
	data, err := parse(body)
	if err != nil {
		return Batch{}, err
	}
	b, err := e.open(data, func(v value) (Batch, error) { return makeOut(v, maxLayers-1) })
	if b.Format == "" && err == nil {
		b.Format = "cloudevents"
	}
	return b, err
}

// eventNames are the names of the headers that may be of an event, in order.
func eventNames(header map[string][]string) (names []string) {
	for name := range header {
		if strings.EqualFold(name, contentType) || len(name) >= len(eventPrefix) && strings.EqualFold(name[:len(eventPrefix)], eventPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const (
	contentType = "content-type"
	eventPrefix = "ce-"
)

// eventHeader is what the headers say of an event. Their names are in any case, and one that comes twice is refused as
// it would be in the body: two readers must not see two different events.
func eventHeader(header map[string][]string, names []string) (map[string]string, error) {
	attributes := map[string]string{}
	for _, name := range names {
		attribute := strings.ToLower(name[len(eventPrefix):])
		switch {
		case strings.EqualFold(name, contentType):
			attribute = "datacontenttype"
		case attribute == "datacontenttype":
			continue // it is the header Content-Type
		case !attributeName(attribute):
			continue
		}
		_, twice := attributes[attribute]
		if twice || len(header[name]) != 1 {
			return nil, &Unreadable{DuplicateKey, fmt.Sprintf("header %s is there more than once", short(name))}
		}
		text, err := url.PathUnescape(header[name][0])
		if err != nil {
			return nil, &Unreadable{Malformed, fmt.Sprintf("header %s is not percent-encoded: %s", short(name), short(header[name][0]))}
		}
		if !utf8.ValidString(text) {
			return nil, &Unreadable{NotUTF8, fmt.Sprintf("header %s is not UTF-8", short(name))}
		}
		attributes[attribute] = text
	}
	return attributes, nil
}
