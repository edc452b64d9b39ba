package alert

import "fmt"

// A format is one way in which monitoring speaks. It has either a read, or an open where it is only what is around a
// message in another format.
type format struct {
	name   string
	claims func(value) bool // by what the message holds; the first that claims it reads it
	read   func(value) (Batch, error)
	open   func(v value, inside reader) (Batch, error)
}

// A reader makes out what is inside.
type reader func(value) (Batch, error)

// formats in the order in which they are asked.
var formats = []format{
	{name: "holdfast", claims: claimsOwn, read: readOwn},
	{name: "grafana", claims: claimsGrafana, read: readGrafana}, // before Alertmanager, whose fields it has too
	{name: "alertmanager", claims: claimsAlertmanager, read: readAlertmanager},
	{name: alertmanagerAPI, claims: claimsAlertmanagerAPI, read: readAlertmanagerAPI},
	{name: "cloudevents", claims: claimsCloudEvent, open: openCloudEvent},
	{name: "sns", claims: claimsSNS, open: openSNS},
	{name: "cloudwatch", claims: claimsCloudWatch, read: readCloudWatch},
	{name: "eventbridge", claims: claimsEventBridge, read: readEventBridge},
	{name: "azure", claims: claimsAzure, read: readAzure},
	{name: "pubsub", claims: claimsPubSub, open: openPubSub},
	{name: "gcp", claims: claimsGoogle, read: readGoogle},
	{name: "pagerduty", claims: claimsPagerDuty, read: readPagerDuty},
	{name: "datadog", claims: claimsDatadog, read: readDatadog},
	{name: "newrelic", claims: claimsNewRelic, read: readNewRelic},
	{name: "zabbix", claims: claimsZabbix, read: readZabbix},
	{name: "nagios", claims: claimsNagios, read: readNagios},
	{name: "sensu", claims: claimsSensu, read: readSensu},
	{name: "uptimekuma", claims: claimsUptimeKuma, read: readUptimeKuma},
	{name: "pingdom", claims: claims("check_id", "current_state"), read: readPingdom},
	{name: "otlp", claims: claims("resourceLogs"), read: readOTLP},
}

// maxLayers is how many messages may be within each other: a CloudEvent around a notification of SNS around an alarm.
const maxLayers = 3

// Decode reads one message in whatever known format it is. The error is an *Unreadable.
//
// A message is read whole or not at all: one alert in it that cannot be believed leaves the others in doubt too.
//
// What the batch says are parts of body, not copies: body must not be changed afterwards, and any string that is kept
// keeps the whole of it. Who holds on to something of an alert for longer takes a copy ([strings.Clone]).
func Decode(body []byte) (Batch, error) {
	return (*Reader)(nil).Decode(body)
}

// byFormat reads a message by way of a value, in which each format can look for what it knows.
func byFormat(body []byte) (Batch, error) {
	v, err := parse(body)
	if err != nil {
		return Batch{}, err
	}
	return makeOut(v, maxLayers)
}

// makeOut reads what is inside up to so many layers.
func makeOut(v value, layers int) (batch Batch, err error) {
	for _, f := range formats {
		switch {
		case !f.claims(v):
			continue
		case f.open == nil:
			batch, err = f.read(v)
		case layers <= 1:
			return Batch{}, &Unreadable{TooDeep, fmt.Sprintf("more than %d messages within each other", maxLayers)}
		default:
			batch, err = f.open(v, func(v value) (Batch, error) { return makeOut(v, layers-1) })
		}
		if err == nil {
			err = batch.check()
		}
		if err != nil {
			return Batch{}, err
		}
		if batch.Format == "" {
			batch.Format = f.name
		}
		return batch, nil
	}
	return Batch{}, &Unreadable{UnknownForm, "it is JSON, but of no format that is known here"}
}

// check is what has to hold of a batch in any format.
func (b Batch) check() error {
	for i, a := range b.Alerts {
		if len(a.Labels) == 0 {
			return &Unreadable{Malformed, fmt.Sprintf("alert %d says nothing of what it is about", i+1)}
		}
	}
	return nil
}

// distinct is a batch in which no two labels of an alert differ only in case, as they can where one comes from around it.
func (b Batch) distinct() (Batch, error) {
	for i, a := range b.Alerts {
		if a, b, twice := twins(a.Labels.names()); twice {
			return Batch{}, &Unreadable{DuplicateKey, fmt.Sprintf("alert %d has labels %s and %s, which differ only in case", i+1, short(a), short(b))}
		}
	}
	return b, nil
}
