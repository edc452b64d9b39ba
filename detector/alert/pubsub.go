package alert

// What Google Cloud Pub/Sub puts around a message that it pushes; the message is in base64 in it.
// https://cloud.google.com/pubsub/docs/push#receive_push
func claimsPubSub(v value) bool {
	message, _ := v.field("message")
	_, ok := message.field("data")
	return ok && v.holds("subscription")
}

func openPubSub(v value, inside reader) (Batch, error) {
	f := fill(v, "the push", "message", "subscription")
	message := f.object("message", "data", "attributes", "messageId", "publishTime", "orderingKey")
	encoded := message.text("data")
	if f.err != nil {
		return Batch{}, f.err
	}
	inner, err := unpackBase64(encoded, `"data"`)
	if err != nil {
		return Batch{}, err
	}
	return inside(inner)
}
