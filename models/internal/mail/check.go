package mail

import (
	"context"
	"fmt"
)

// Check signs in at the mail server and sends nothing.
func (m *Mailer) Check(ctx context.Context) error {
	client, err := m.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("sign in at the mail server: %w", err)
	}
	if err := client.Close(); err != nil {
		return fmt.Errorf("leave the mail server: %w", err)
	}
	return nil
}
