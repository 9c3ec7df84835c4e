package main

import (
	"context"
	"os"

	"crateful.dev/local/fleet"
)

// services are the six, each by its own command.
type services struct{ programs string }

func (s *services) start(ctx context.Context, k *keeper) ([]string, error) {
	dir, err := k.folder("services")
	if err != nil {
		return nil, err
	}
	f, err := fleet.Start(ctx, fleet.Options{Programs: s.programs, Dir: dir, Env: os.Environ()})
	if err != nil {
		return nil, err
	}
	k.stops = append(k.stops, f.Close)
	for _, m := range f.Members() {
		k.logs = append(k.logs, m.Log())
	}
	go func() {
		for err := range f.Ended() {
			k.ended <- err
		}
	}()
	return []string{"CRATEFUL_URL=" + f.URL(), "CRATEFUL_MAIL_URL=" + f.MailURL()}, nil
}
