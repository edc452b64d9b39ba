package bia

import "holdfast/internal/source"

func (a *Analysis) check(unreadable bool) source.Problems { return nil }
