package postgres

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// textArray is text[] for gorm, never NULL.
type textArray []string

var arrays = pgtype.NewMap()

// Scan implements sql.Scanner.
func (a *textArray) Scan(src any) error {
	var list []string
	if err := arrays.SQLScanner(&list).Scan(src); err != nil {
		return fmt.Errorf("read text array: %w", err)
	}
	*a = list
	return nil
}

// Value implements driver.Valuer.
func (a textArray) Value() (driver.Value, error) {
	list := []string(a)
	if list == nil {
		list = []string{}
	}
	text, err := arrays.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, list, nil)
	if err != nil {
		return nil, fmt.Errorf("write text array: %w", err)
	}
	return string(text), nil
}
