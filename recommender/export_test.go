package recommender

import "crateful.dev/recommender/internal/snapshot"

// ShareIn has a service share snapshots in a storage of the test's own.
func (s *Service) ShareIn(storage snapshot.Storage) {
	if storage != nil {
		s.bucket = &snapshot.Bucket{Storage: storage}
	}
}
