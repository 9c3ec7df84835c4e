package storage_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A refusal must be heard even when the body is large and still under way: a browser takes a
// reset connection for a network error, and tries for ever.
func TestALargeBodyHearsItsRefusal(t *testing.T) {
	s := start(t, t.TempDir())
	c := client(t, s, "local-secret")
	body := random(t, 20<<20)
	put(t, c, "incoming/taken", []byte("x"))
	once := presignPut(t, c, &s3.PutObjectInput{Key: aws.String("incoming/taken"), ContentLength: aws.Int64(int64(len(body))), IfNoneMatch: aws.String("*")})
	forged := presignPut(t, client(t, s, "wrong"), &s3.PutObjectInput{Key: aws.String("incoming/forged"), ContentLength: aws.Int64(int64(len(body)))})
	for range 10 {
		if res, _ := send(t, http.MethodPut, once, body, http.Header{"If-None-Match": {"*"}}); res.StatusCode != http.StatusPreconditionFailed {
			t.Errorf("a taken key: %s", res.Status)
		}
		if res, _ := send(t, http.MethodPut, forged, body, nil); res.StatusCode != http.StatusForbidden {
			t.Errorf("a forged signature: %s", res.Status)
		}
	}
}
