package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Control names the variable with the address at which servers are killed and started again.
const Control = "REAL_PARTS_CONTROL"

// KillServer ends "kafka", "elasticsearch" or "minio" at once, as a power cut does; its data stays.
func (f *Fleet) KillServer(ctx context.Context, name string) error {
	return f.server(ctx, name, "kill")
}

// StartServer starts one that was killed. It does not wait until it answers.
func (f *Fleet) StartServer(ctx context.Context, name string) error {
	return f.server(ctx, name, "start")
}

func (f *Fleet) server(ctx context.Context, name, what string) error {
	if f.env[Control] == "" {
		return fmt.Errorf("%s is not set: run this within `real parts`", Control)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.env[Control]+"/"+name+"/"+what, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", what, name, res.Status, said)
	}
	return err
}
