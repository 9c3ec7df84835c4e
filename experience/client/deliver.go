package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"crateful.dev/experience/api"
)

const (
	partTime  = 2 * time.Minute
	partTries = 4
)

// Deliver sends the bytes of an announced file straight to storage, in parts where it is long, and completes it. Parts
// that storage has already are not sent again.
func (a *Asking) Deliver(ctx context.Context, storage *http.Client, u api.Upload, body io.ReaderAt, size int64) (api.StudioFile, error) {
	if !u.Done {
		if err := a.deliverParts(ctx, storage, u, body, size); err != nil {
			return api.StudioFile{}, fmt.Errorf("deliver %s: %w", u.Path, err)
		}
	}
	return a.CompleteUpload(ctx, u.ID)
}

func (a *Asking) deliverParts(ctx context.Context, storage *http.Client, u api.Upload, body io.ReaderAt, size int64) error {
	length := size
	held := map[int]bool{}
	if u.UploadID != "" {
		length = u.PartBytes
		parts, err := a.Parts(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, p := range parts.Parts {
			held[p.Number] = true
		}
	}
	for n, from := 1, int64(0); from < size; n, from = n+1, from+length {
		if held[n] {
			continue
		}
		part := make([]byte, min(length, size-from))
		if _, err := body.ReadAt(part, from); err != nil && err != io.EOF { //nolint:errorlint // ReadAt gives EOF itself
			return err
		}
		if err := a.deliverPart(ctx, storage, u.ID, n, part); err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
	}
	return nil
}

func (a *Asking) deliverPart(ctx context.Context, storage *http.Client, upload string, n int, part []byte) error {
	sum := sha256.Sum256(part)
	var last error
	for try := range partTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(try) * 500 * time.Millisecond):
			}
		}
		signed, err := a.Sign(ctx, upload, api.SignRequest{Parts: []api.SignPart{{Number: n, SHA256: base64.StdEncoding.EncodeToString(sum[:])}}})
		if err != nil {
			return err
		}
		if len(signed.Parts) != 1 {
			return fmt.Errorf("%d addresses for one part", len(signed.Parts))
		}
		if last = put(ctx, storage, signed.Parts[0], part); last == nil {
			return nil
		}
	}
	return last
}

func put(ctx context.Context, storage *http.Client, to api.SignedPart, part []byte) error {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to.URL, bytes.NewReader(part))
	if err != nil {
		return err
	}
	for name, value := range to.Headers {
		req.Header.Set(name, value)
	}
	res, err := storage.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch res.StatusCode {
	case http.StatusOK, http.StatusPreconditionFailed: // 412: it is there whole
		return nil
	}
	return fmt.Errorf("storage answered %s", res.Status)
}
