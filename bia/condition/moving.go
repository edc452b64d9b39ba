package condition

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// moving is a length of time or an instant that changes evenly with time. Whatever it is compared with, it notes when the
// comparison turns out otherwise: both sides are straight lines, so that is found by division, to the nanosecond.
type moving struct {
	m           *moment // nil: it is written in the expression
	instant     bool
	value, rate int64
}

// Type is a duration's or a timestamp's.
func (v moving) Type() ref.Type {
	if v.instant {
		return types.TimestampType
	}
	return types.DurationType
}

// Value is itself.
func (v moving) Value() any { return v }

// ConvertToNative is not needed by any function that there is.
func (v moving) ConvertToNative(reflect.Type) (any, error) { return nil, errFixed }

// ConvertToType is not needed by any function that there is.
func (v moving) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return v.Type().(ref.Val)
	}
	return types.WrapErr(errFixed)
}

var errFixed = errors.New("a time that passes can only be compared, added and taken away")

// Equal compares with another of the kind.
func (v moving) Equal(other ref.Val) ref.Val {
	c := v.Compare(other)
	if types.IsError(c) {
		return c
	}
	return types.Bool(c == types.IntZero)
}

// Compare is -1, 0 or 1.
func (v moving) Compare(other ref.Val) ref.Val {
	o, ok := other.(moving)
	if !ok || o.instant != v.instant {
		return types.MaybeNoSuchOverloadErr(other)
	}
	ahead, rate := v.value-o.value, v.rate-o.rate
	if m := v.moment(o); m != nil && !v.far() && !o.far() {
		if turns := turning(ahead, rate); turns < Never-m.at {
			m.stands(m.at + turns)
		}
	}
	return types.Int(sign(ahead))
}

// turning is after how long the sign of a difference that grows evenly is another; Never: it stays.
func turning(ahead, rate int64) int64 {
	switch {
	case rate == 0, sign(ahead) == sign(rate):
		return Never
	case ahead == 0:
		return 1
	}
	way, pace := abs(ahead), abs(rate)
	return (way + pace - 1) / pace
}

func sign(n int64) int64 {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func abs(n int64) int64 { return max(n, -n) }

func (v moving) moment(o moving) *moment {
	if v.m != nil {
		return v.m
	}
	return o.m
}

// Add adds a length of time.
func (v moving) Add(other ref.Val) ref.Val {
	o, ok := other.(moving)
	if !ok || v.instant && o.instant {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return sum(v, o, 1, v.instant || o.instant)
}

// Subtract takes away a length of time, or an instant from an instant.
func (v moving) Subtract(other ref.Val) ref.Val {
	o, ok := other.(moving)
	if !ok || o.instant && !v.instant {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return sum(v, o, -1, v.instant && !o.instant)
}

// far reports whether it is further away than anything: no time brings it closer.
func (v moving) far() bool { return abs(v.value) >= Far }

// sum is v + sign x o. What is far stays so, and no sum comes near to overflowing.
func sum(v, o moving, sign int64, instant bool) moving {
	out := moving{m: v.moment(o), instant: instant}
	switch {
	case v.far():
		out.value = v.value
	case o.far():
		out.value = sign * o.value
	default:
		out.value, out.rate = v.value+sign*o.value, v.rate+sign*o.rate
		out.value = min(max(out.value, -Far), Far)
	}
	return out
}

// ConvertToNative is not needed by any function that there is.
func (s subject) ConvertToNative(reflect.Type) (any, error) { return nil, errFixed }

// ConvertToType is not needed by any function that there is.
func (s subject) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errFixed) }
