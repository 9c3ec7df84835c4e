package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local/internal/child"
)

// toxiproxy is the part of its server's API that links need.
type toxiproxy struct{ url string }

func (f *Fleet) startToxiproxy(ctx context.Context) (*toxiproxy, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	if err := f.launch("toxiproxy", exec.Command(f.options.Toxiproxy, "-host", "127.0.0.1", "-port", port)); err != nil {
		return nil, err
	}
	t := &toxiproxy{url: "http://127.0.0.1:" + port}
	return t, await(ctx, func(ctx context.Context) error { return t.do(ctx, http.MethodGet, "/version", nil) })
}

func (t *toxiproxy) create(ctx context.Context, name, listen, upstream string) error {
	return t.do(ctx, http.MethodPost, "/proxies", map[string]any{"name": name, "listen": listen, "upstream": upstream, "enabled": true})
}

func (t *toxiproxy) enable(ctx context.Context, name string, on bool) error {
	return t.do(ctx, http.MethodPost, "/proxies/"+name, map[string]any{"enabled": on})
}

func (t *toxiproxy) add(ctx context.Context, name, toxic string, attributes map[string]int64) error {
	return t.do(ctx, http.MethodPost, "/proxies/"+name+"/toxics", map[string]any{
		"name": toxic, "type": toxic, "stream": "downstream", "attributes": attributes,
	})
}

func (t *toxiproxy) clear(ctx context.Context, name string) error {
	var state struct {
		Toxics []struct {
			Name string `json:"name"`
		} `json:"toxics"`
	}
	if err := t.ask(ctx, http.MethodGet, "/proxies/"+name, nil, &state); err != nil {
		return err
	}
	var errs []error
	for _, toxic := range state.Toxics {
		errs = append(errs, t.do(ctx, http.MethodDelete, "/proxies/"+name+"/toxics/"+toxic.Name, nil))
	}
	return errors.Join(errs...)
}

func (t *toxiproxy) do(ctx context.Context, method, path string, in any) error {
	return t.ask(ctx, method, path, in, nil)
}

func (t *toxiproxy) ask(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, t.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("toxiproxy: %s %s: %s: %s", method, path, res.Status, said)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(said, out)
}

// readAll takes an answer whole, so that the time for the request may end.
func readAll(res *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

// launch starts what is no service.
func (f *Fleet) launch(name string, cmd *exec.Cmd) error {
	log, err := os.Create(filepath.Join(f.options.Dir, name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	p, err := child.Start(cmd)
	if err == nil {
		f.others = append(f.others, p)
	}
	return err
}

// await asks until there is no error.
func await(ctx context.Context, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
