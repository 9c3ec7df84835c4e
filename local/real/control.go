package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"crateful.dev/local/fleet"
)

// control lets the command kill a server and start it again, on the same address and with the same data. Who starts one waits
// by itself until it answers.
func (k *keeper) control(ctx context.Context) (string, error) {
	mux := http.NewServeMux()
	for _, s := range k.servers {
		for path, do := range map[string]func() error{"/kill": s.kill, "/start": s.start} {
			mux.HandleFunc("POST /"+s.name+path, func(w http.ResponseWriter, _ *http.Request) {
				if err := do(); err != nil {
					http.Error(w, err.Error(), http.StatusConflict)
				}
			})
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = web.Serve(listener) }()
	k.stops = append(k.stops, web.Close)
	return fleet.Control + "=http://" + listener.Addr().String(), nil
}
