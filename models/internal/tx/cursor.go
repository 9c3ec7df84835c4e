package tx

import "crateful.dev/kit/errs"

// CheckCursor refuses a cursor that is no id, for lists that go on behind one. "" is their beginning.
func CheckCursor(cursor string) error {
	if cursor != "" && !ValidID(cursor) {
		return BadCursor()
	}
	return nil
}

// BadCursor is said of a cursor that no page ever gave.
func BadCursor() error {
	return errs.Invalid(errs.Field{Name: "cursor", Reason: "malformed", Detail: "Start again from the first page."})
}
