package alert

// What Amazon SNS puts around a message that it delivers over HTTP or to a queue; the message is a string in it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
//
// The URLs, the token and the signature of a notification are not kept.
var snsKeys = []string{"Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
	"SigningCertURL", "UnsubscribeURL", "SubscribeURL", "Token", "MessageAttributes"}

func claimsSNS(v value) bool { return v.holds("Type", "MessageId", "TopicArn", "Message") }

func openSNS(v value, inside reader) (Batch, error) {
	f := fill(v, "the notification", snsKeys...)
	if kind := f.text("Type"); kind != "Notification" {
		f.fail(Malformed, "is of type %s, not an alert: a subscription has to be confirmed once, by opening its SubscribeURL", short(kind))
	}
	topic, message := f.text("TopicArn"), f.text("Message")
	if f.err != nil {
		return Batch{}, f.err
	}
	inner, err := unpack(message, `"Message"`)
	if err != nil {
		return Batch{}, err
	}
	batch, err := inside(inner)
	if err != nil {
		return Batch{}, err
	}
	for i := range batch.Alerts {
		batch.Alerts[i] = batch.Alerts[i].with(labels{"sns_topic_arn": topic})
	}
	return batch.distinct()
}
