package condition

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// A Type is what an expression of a playbook comes to.
type Type string

// The types of values.
const (
	String   Type = "string"
	Integer  Type = "integer"
	Number   Type = "number"
	Boolean  Type = "boolean"
	Duration Type = "duration"
	Moment   Type = "instant"
	List     Type = "list"
	Map      Type = "map"
	Null     Type = "null" // only within a list or a map
	Any      Type = "any"  // told only when it is asked; no value is of it
)

// Scalar reports whether values of the type are one word or figure.
func (t Type) Scalar() bool {
	return slices.Contains([]Type{String, Integer, Number, Boolean, Duration, Moment}, t)
}

// A Value is something an expression came to, with its type, so that it can be written down and sent as it was. The zero
// Value is null.
type Value struct {
	of     Type
	scalar any // string, int64, float64, bool, time.Duration, time.Time
	list   []Value
	fields map[string]Value
}

// Text is a value of text.
func Text(s string) Value { return Value{of: String, scalar: s} }

// Length is a duration.
func Length(d time.Duration) Value { return Value{of: Duration, scalar: d} }

// Type is the value's.
func (v Value) Type() Type {
	if v.of == "" {
		return Null
	}
	return v.of
}

// True reports whether the value is the boolean true.
func (v Value) True() bool { b, ok := v.scalar.(bool); return ok && b }

// Duration is the value of a duration; false: it is none.
func (v Value) Duration() (time.Duration, bool) {
	d, ok := v.scalar.(time.Duration)
	return d, ok
}

// Plain writes a scalar as text: a duration as the documents do, an instant in RFC 3339 and UTC. Lists and maps come out as
// JSON.
func (v Value) Plain() string {
	switch x := v.scalar.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	case time.Duration:
		return written(x)
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	}
	data, _ := json.Marshal(v.JSON()) // holds nothing that JSON cannot
	return string(data)
}

// written is a duration as the documents write it, where they can.
func written(d time.Duration) string {
	if d >= 0 && d%time.Millisecond == 0 {
		return model.Duration(d).String()
	}
	return d.String()
}

// JSON is the value as it stands in a JSON body: figures stay figures, durations and instants are text.
func (v Value) JSON() any {
	switch v.of {
	case List:
		all := make([]any, 0, len(v.list))
		for _, x := range v.list {
			all = append(all, x.JSON())
		}
		return all
	case Map:
		all := map[string]any{}
		for k, x := range v.fields {
			all[k] = x.JSON()
		}
		return all
	case Duration, Moment:
		return v.Plain()
	}
	return v.scalar
}

// Equal reports whether both are the same value of the same type.
func (v Value) Equal(o Value) bool {
	a, errA := v.MarshalJSON()
	b, errB := o.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

type typed struct {
	Type  Type            `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
}

// MarshalJSON writes a value with its type: {"type":"duration","value":"2h"}.
func (v Value) MarshalJSON() ([]byte, error) {
	inner := v.scalar
	switch v.Type() {
	case Null:
		return json.Marshal(typed{Type: Null})
	case List:
		inner = v.list
	case Map:
		inner = v.fields
	case Duration, Moment:
		inner = v.Plain()
	case Integer: // as text: what reads JSON figures as floats would round it
		inner = v.Plain()
	}
	data, err := json.Marshal(inner)
	if err != nil {
		return nil, err
	}
	return json.Marshal(typed{v.Type(), data})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(data []byte) error {
	var t typed
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	*v = Value{of: t.Type}
	switch t.Type {
	case Null:
		*v = Value{}
		return nil
	case List:
		v.list = []Value{}
		return json.Unmarshal(t.Value, &v.list)
	case Map:
		v.fields = map[string]Value{}
		return json.Unmarshal(t.Value, &v.fields)
	case Boolean:
		var b bool
		err := json.Unmarshal(t.Value, &b)
		v.scalar = b
		return err
	case Number:
		var n float64
		err := json.Unmarshal(t.Value, &n)
		v.scalar = n
		return err
	}
	var text string
	if err := json.Unmarshal(t.Value, &text); err != nil {
		return err
	}
	read, err := ReadValue(t.Type, text)
	*v = read
	return err
}

// ReadValue reads a value of a scalar type as people write it.
func ReadValue(of Type, text string) (Value, error) {
	switch of {
	case String:
		return Text(text), nil
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Value{}, fmt.Errorf("%q is no whole number", text)
		}
		return Value{of: of, scalar: n}, nil
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return Value{}, fmt.Errorf("%q is no number", text)
		}
		return Value{of: of, scalar: n}, nil
	case Boolean:
		if text != "true" && text != "false" {
			return Value{}, fmt.Errorf("%q is neither true nor false", text)
		}
		return Value{of: of, scalar: text == "true"}, nil
	case Duration:
		d, err := readLength(text)
		if err != nil {
			return Value{}, err
		}
		return Length(d), nil
	case Moment:
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return Value{}, fmt.Errorf("%q is no instant such as 2026-11-27T14:00:00Z", text)
		}
		return Value{of: of, scalar: t.UTC()}, nil
	}
	return Value{}, fmt.Errorf("%q is not a type of value", of)
}

// readLength reads a duration as the documents write it, or as a value of finer grain was written down.
func readLength(text string) (time.Duration, error) {
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	if d, err := time.ParseDuration(text); err == nil && strings.ContainsAny(text, ".-µun") {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no duration such as 90m", text)
}

// Less compares two values of the same ordered type: numbers, durations, instants.
func Less(a, b Value) bool {
	switch x := a.scalar.(type) {
	case int64:
		y, _ := b.scalar.(int64)
		return x < y
	case float64:
		y, _ := b.scalar.(float64)
		return x < y
	case time.Duration:
		y, _ := b.scalar.(time.Duration)
		return x < y
	case time.Time:
		y, _ := b.scalar.(time.Time)
		return x.Before(y)
	}
	return false
}

// mostValue bounds one value, in bytes as it is written down: it stands in the journal with the step.
const mostValue = 16 << 10

var errBig = errors.New("it comes to more than 16 KiB")

// fromNative makes a value of what JSON, a fact or CEL hands over.
func fromNative(x any, depth int) (Value, error) {
	if depth > 16 {
		return Value{}, errors.New("it is nested more than 16 deep")
	}
	switch x := x.(type) {
	case nil:
		return Value{}, nil
	case string:
		return Text(x), nil
	case bool:
		return Value{of: Boolean, scalar: x}, nil
	case int64:
		return Value{of: Integer, scalar: x}, nil
	case uint64:
		if x > math.MaxInt64 {
			return Value{}, errors.New("it comes to a number that is too large")
		}
		return Value{of: Integer, scalar: int64(x)}, nil
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return Value{}, errors.New("it comes to no finite number")
		}
		return Value{of: Number, scalar: x}, nil
	case time.Duration:
		return Length(x), nil
	case time.Time:
		return Value{of: Moment, scalar: x.UTC()}, nil
	case []any:
		v := Value{of: List, list: []Value{}}
		for _, e := range x {
			one, err := fromNative(e, depth+1)
			if err != nil {
				return Value{}, err
			}
			v.list = append(v.list, one)
		}
		return v, nil
	case map[string]any:
		v := Value{of: Map, fields: map[string]Value{}}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			one, err := fromNative(x[k], depth+1)
			if err != nil {
				return Value{}, err
			}
			v.fields[k] = one
		}
		return v, nil
	}
	return Value{}, fmt.Errorf("it comes to %T, which cannot be put in anywhere", x)
}
