package playbooks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Says reports whether an answer says what a playbook wants of it. Of a mapping every key that is written has to be there
// and to say what is written under it, and others may stand beside them; a list and a single value have to be equal. An
// answer that is not JSON is a text, and spaces around it do not count.
func Says(answer string, want any) bool {
	var have any
	if json.Unmarshal([]byte(answer), &have) == nil && says(have, want) {
		return true
	}
	text, ok := want.(string)
	return ok && strings.TrimSpace(answer) == strings.TrimSpace(text)
}

func says(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := have.(map[string]any)
		for key, value := range want {
			inner, written := object[key]
			ok = ok && written && says(inner, value)
		}
		return ok
	case []any:
		list, ok := have.([]any)
		ok = ok && len(list) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = says(list[i], want[i])
		}
		return ok
	}
	if n, ok := number(want); ok {
		return have == n
	}
	return reflect.DeepEqual(have, want)
}

// String is the question in words.
func (p *Prometheus) String() string {
	var bounds []string
	for _, b := range []struct {
		words string
		bound *float64
	}{{"at least", p.AtLeast}, {"at most", p.AtMost}, {"exactly", p.Equals}} {
		if b.bound != nil {
			bounds = append(bounds, fmt.Sprintf("%s %v", b.words, *b.bound))
		}
	}
	return strings.Join(strings.Fields(p.Query), " ") + " is " + strings.Join(bounds, " and ")
}

// number is a number as JSON has them.
func number(v any) (float64, bool) {
	switch n := reflect.ValueOf(v); n.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return float64(n.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return float64(n.Uint()), true
	case reflect.Float32, reflect.Float64:
		return n.Float(), true
	}
	return 0, false
}
