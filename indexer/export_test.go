package indexer

import "crateful.dev/indexer/internal/search"

// Backend is the engine below, for tests that compare generations.
func (s *Service) Backend() search.Backend { return s.backend }
