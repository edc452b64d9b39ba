package alert

// Decode reads one message in whatever known format it is. The error is an *Unreadable.
func Decode(body []byte) (Batch, error) { panic("unwritten") }
