package console

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"
)

// pairs are the colours of text and of what it stands on, as the style sheet puts them together.
var pairs = [][2]string{
	{"ink", "paper"}, {"soft", "paper"}, {"bad", "paper"}, {"warn", "paper"}, {"good", "paper"}, {"link", "paper"},
	{"ink", "card"}, {"soft", "card"}, {"bad", "card"}, {"warn", "card"}, {"good", "card"}, {"link", "card"},
	{"white", "bad-fill"}, {"white", "act-fill"},
}

// colour is a custom property of the style sheet with its two values, by day and by night.
var colour = regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`)

func TestTextCanBeReadByDayAndByNight(t *testing.T) {
	css, err := os.ReadFile("page/style.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := [2]map[string]float64{{"white": 1}, {"white": 1}}
	for _, m := range colour.FindAllStringSubmatch(string(css), -1) {
		for n := range schemes {
			schemes[n][m[1]] = luminance(t, m[2+n])
		}
	}
	for n, scheme := range schemes {
		for _, p := range pairs {
			text, known := scheme[p[0]]
			ground, also := scheme[p[1]]
			if !known || !also {
				t.Fatalf("the style sheet has no colour %v", p)
			}
			if c := (max(text, ground) + 0.05) / (min(text, ground) + 0.05); c < 4.5 {
				t.Errorf("scheme %d: %s on %s has a contrast of %.1f; WCAG 2.2 wants 4.5", n, p[0], p[1], c)
			}
		}
	}
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var r, g, b uint8
	if _, err := fmt.Sscanf(hex, "%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatal(err)
	}
	linear := func(v uint8) float64 {
		if c := float64(v) / 255; c > 0.04045 {
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
