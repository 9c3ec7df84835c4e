package pages

import "crypto/rand"

// once is a value for a form whose second press must do nothing new.
func (p *Pages) once() string { return rand.Text() }
