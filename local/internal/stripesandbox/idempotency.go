package stripesandbox

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const keyLife = 24 * time.Hour

// answer is what the first request with a key was told.
type answer struct {
	Fingerprint []byte    `json:"fingerprint"`
	Status      int       `json:"status"`
	Body        []byte    `json:"body"`
	Until       time.Time `json:"until"`
}

// once runs a request at most once for its key: the same request again gets the first answer,
// another request with the key is refused. The answer is kept in the transaction that did the
// work; refusals from before the work began are not kept, so that they can be corrected.
func (s *Sandbox) once(key, path, encoded string, run func(save func(*tx, int, []byte) error) (int, []byte, error)) (status int, body []byte, replayed bool, err error) {
	if key == "" {
		status, body, err = run(func(*tx, int, []byte) error { return nil })
		return status, body, false, err
	}
	if len(key) > 255 {
		return 0, nil, false, invalid("", "", "Idempotency keys may be at most 255 characters long")
	}
	if _, busy := s.inUse.LoadOrStore(key, true); busy {
		return 0, nil, false, &apiError{
			status: http.StatusConflict, kind: "idempotency_error", code: "idempotency_key_in_use",
			message: "There is currently another in-progress request using this idempotency key. Please try again later.",
		}
	}
	defer s.inUse.Delete(key)
	print := fingerprint(path, encoded)
	first, err := s.firstAnswer(key)
	if err != nil {
		return 0, nil, false, err
	}
	if first != nil {
		if string(first.Fingerprint) != string(print) {
			return 0, nil, false, &apiError{
				status: http.StatusBadRequest, kind: "idempotency_error",
				message: fmt.Sprintf("Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '%s' if you meant to execute a different request.", key),
			}
		}
		return first.Status, first.Body, true, nil
	}
	save := func(t *tx, status int, body []byte) error {
		kept, err := json.Marshal(answer{print, status, body, t.now.Add(keyLife)})
		if err != nil {
			return err
		}
		return t.bolt.Bucket(answers).Put([]byte(key), kept)
	}
	status, body, err = run(save)
	var refused *apiError
	if errors.As(err, &refused) && !refused.beforeExecution {
		status = refused.status
		if body, err = json.Marshal(refused.body()); err != nil {
			return 0, nil, false, err
		}
		err = s.update("", "", func(t *tx) error { return save(t, status, body) })
	}
	return status, body, false, err
}

func (s *Sandbox) firstAnswer(key string) (*answer, error) {
	var first *answer
	err := s.view(func(t *tx) error {
		kept := t.bolt.Bucket(answers).Get([]byte(key))
		if kept == nil {
			return nil
		}
		var a answer
		if err := json.Unmarshal(kept, &a); err != nil {
			return fmt.Errorf("read the answer to a key: %w", err)
		}
		if t.now.Before(a.Until) {
			first = &a
		}
		return nil
	})
	return first, err
}

// fingerprint is the same for the same parameters in another order.
func fingerprint(path, encoded string) []byte {
	if values, err := url.ParseQuery(encoded); err == nil {
		encoded = values.Encode()
	}
	sum := sha256.Sum256([]byte(path + "\n" + encoded))
	return sum[:]
}
