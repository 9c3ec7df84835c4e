package objects_test

import (
	"os"
	"testing"

	"crateful.dev/kit/objects"
	"crateful.dev/kit/objects/objectstest"
)

// The suite on the storage that the environment names; `make test` runs it on the embedded one.
func TestStorage(t *testing.T) {
	if os.Getenv("CRATEFUL_TEST_REAL") == "" {
		t.Skip("CRATEFUL_TEST_REAL is not set: no storage to test on")
	}
	for _, name := range []string{"S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "CRATEFUL_PUBLIC_URL"} {
		if os.Getenv(name) == "" {
			t.Fatalf("%s is not set", name)
		}
	}
	objectstest.Run(t, objectstest.Storage{
		Config: objects.Config{Endpoint: os.Getenv("S3_ENDPOINT"), AccessKey: os.Getenv("S3_ACCESS_KEY"), SecretKey: os.Getenv("S3_SECRET_KEY")},
		Origin: os.Getenv("CRATEFUL_PUBLIC_URL"),
	})
}
