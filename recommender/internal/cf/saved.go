package cf

// SavedMatrix is a Matrix to be written somewhere.
type SavedMatrix struct {
	People, Items int
	Start, Item   []int32
	Weight        []float32
}

// Save shares its slices with the matrix.
func (m *Matrix) Save() SavedMatrix {
	return SavedMatrix{m.People, m.Items, m.start, m.item, m.weight}
}

// Matrix shares its slices with what was saved.
func (s SavedMatrix) Matrix() *Matrix {
	return &Matrix{People: s.People, Items: s.Items, start: s.Start, item: s.Item, weight: s.Weight}
}

// SavedBlend is what ForNew, Near and Because need of a Blend.
type SavedBlend struct {
	Recipe Recipe
	Rows   [][]Scored
	Items  [][]float32 // factors of each factorisation
}

// Save shares its slices with the blend.
func (b *Blend) Save() SavedBlend {
	s := SavedBlend{Recipe: b.recipe, Rows: b.rows}
	for _, f := range b.models {
		s.Items = append(s.Items, f.Items)
	}
	return s
}

// Blend shares its slices with what was saved.
func (s SavedBlend) Blend() *Blend {
	b := &Blend{recipe: s.Recipe, rows: s.Rows}
	for n, items := range s.Items {
		f := &Factors{Dim: s.Recipe.ALS.Dim, Items: items, opts: s.Recipe.ALS.ofModel(n)}
		f.finish()
		b.models = append(b.models, f)
	}
	return b
}
