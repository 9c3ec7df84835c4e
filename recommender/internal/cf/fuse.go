package cf

// Fuse joins lists, best first, by what rank each gives an item: an item is worth the sum of weight / (constant + rank) over
// the lists that have it. Reciprocal rank fusion: Cormack, Clarke, Büttcher (SIGIR 2009); the weights are ours.
func Fuse(most int, constant float64, lists [][]Scored, weights []float64) []Scored {
	sum := map[int32]float64{}
	for n, list := range lists {
		for rank, s := range list {
			sum[s.Item] += weights[n] / (constant + float64(rank) + 1)
		}
	}
	t := newTop(most)
	for item, s := range sum {
		t.offer(Scored{item, float32(s)})
	}
	return t.sorted()
}
