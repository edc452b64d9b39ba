package alert

// A format is one way in which monitoring speaks.
type format struct {
	name   string
	claims func(value) bool // by what the message holds; the first that claims it reads it
	read   func(value) (Batch, error)
}

// formats in the order in which they are asked.
var formats = []format{
	{"holdfast", claimsOwn, readOwn},
	{"alertmanager", claimsAlertmanager, readAlertmanager},
}

// Decode reads one message in whatever known format it is. The error is an *Unreadable.
//
// A message is read whole or not at all: one alert in it that cannot be believed leaves the others in doubt too.
func Decode(body []byte) (Batch, error) {
	v, err := parse(body)
	if err != nil {
		return Batch{}, err
	}
	for _, f := range formats {
		if !f.claims(v) {
			continue
		}
		batch, err := f.read(v)
		if err != nil {
			return Batch{}, err
		}
		batch.Format = f.name
		return batch, nil
	}
	return Batch{}, &Unreadable{UnknownForm, "it is JSON, but of no format that is known here"}
}
