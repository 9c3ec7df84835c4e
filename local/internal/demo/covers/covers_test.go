package covers

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var look = flag.String("look", "", "folder for pictures of all covers")

func TestEveryDesignDraws(t *testing.T) {
	for _, name := range Designs() {
		for seed := range uint64(3) {
			data, err := Draw(name, seed, 640)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if b := picture.Bounds(); b.Dx() != 640 || b.Dy() != 640 {
				t.Errorf("%s is %v", name, b)
			}
			colours := map[any]int{}
			for y := 0; y < 640; y += 8 {
				for x := 0; x < 640; x += 8 {
					colours[picture.At(x, y)]++
				}
			}
			flat := 0
			for _, n := range colours {
				if n > 6400/50 {
					flat++
				}
			}
			if flat < 2 {
				t.Errorf("%s, seed %d, has %d colours", name, seed, flat)
			}
			again, err := Draw(name, seed, 640)
			if err != nil || !bytes.Equal(again, data) {
				t.Errorf("%s drawn twice differs (%v)", name, err)
			}
			if *look != "" {
				if err := os.WriteFile(filepath.Join(*look, fmt.Sprintf("%s-%d.png", name, seed)), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := Draw("nothing", 1, 640); err == nil {
		t.Error("drew nothing")
	}
}
