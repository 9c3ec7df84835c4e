package screen

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
)

// Read answers with what load gives, in the API's own words.
func Read[T, U any](s *Services, c *gin.Context, load func(ctx context.Context) (T, error), words func(T) U) error {
	_, ctx := s.As(c)
	found, err := load(ctx)
	if err != nil {
		return err
	}
	return JSON(c, words(found))
}

// Act decodes what is asked for, has it done and answers with what came of it.
func Act[In, T, U any](s *Services, c *gin.Context, status int, do func(ctx context.Context, in In) (T, error), words func(T) U) error {
	in, err := httpx.Decode[In](c)
	if err != nil {
		return err
	}
	return run(s, c, status, func(ctx context.Context) (T, error) { return do(ctx, in) }, words)
}

// Run is Act where nothing needs to be said.
func Run[T, U any](s *Services, c *gin.Context, do func(ctx context.Context) (T, error), words func(T) U) error {
	return run(s, c, http.StatusOK, do, words)
}

func run[T, U any](s *Services, c *gin.Context, status int, do func(ctx context.Context) (T, error), words func(T) U) error {
	_, ctx := s.As(c)
	done, err := do(ctx)
	if err != nil {
		return err
	}
	return Done(c, status, words(done))
}

// Quietly is Act without an answer.
func Quietly[In any](s *Services, c *gin.Context, do func(ctx context.Context, in In) error) error {
	in, err := httpx.Decode[In](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	return Nothing(c, do(ctx, in))
}
