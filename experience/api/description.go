package api

// Description is the part of GET /openapi.json (OpenAPI 3) that a reference page shows.
type Description struct {
	Tags  []DescriptionTag                           `json:"tags"`
	Paths map[string]map[string]DescriptionOperation `json:"paths"` // path → method in lower case
}

// DescriptionTag is one part of the API.
type DescriptionTag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// DescriptionOperation is one method of one path.
type DescriptionOperation struct {
	Summary string   `json:"summary"`
	Tags    []string `json:"tags"`
	Access  string   `json:"x-access"` // who may call it, in words
}
