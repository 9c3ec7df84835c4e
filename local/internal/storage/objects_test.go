package storage_test

import (
	"testing"

	"crateful.dev/kit/objects"
	"crateful.dev/kit/objects/objectstest"
)

func TestStorage(t *testing.T) {
	s := start(t, t.TempDir())
	objectstest.Run(t, objectstest.Storage{
		Config: objects.Config{Endpoint: s.Endpoint(), AccessKey: "local", SecretKey: "local-secret"},
		Origin: origin,
	})
}
