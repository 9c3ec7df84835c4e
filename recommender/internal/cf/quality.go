package cf

import "math"

// Quality is how well lists foretell what people turned out to care about, as a mean over all people with something to foretell.
type Quality struct {
	Recall float64 // share of the kept-back items among the first 20
	NDCG   float64 // of the first 10: Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (TOIS 2002)
	People int
}

// Bounds of the two measures.
const (
	recallAt = 20
	ndcgAt   = 10
)

// Judge compares lists, best first, with the rows of what was kept back.
func Judge(lists [][]Scored, kept *Matrix) Quality {
	people := make([]int, kept.People)
	for p := range people {
		people[p] = p
	}
	return judgeSome(lists, kept, people)
}

func judgeSome(lists [][]Scored, kept *Matrix, people []int) Quality {
	var q Quality
	for _, p := range people {
		items, _ := kept.Row(p)
		if len(items) == 0 {
			continue
		}
		q.People++
		wanted := make(map[int32]bool, len(items))
		for _, i := range items {
			wanted[i] = true
		}
		hits, gain, best := 0, 0.0, 0.0
		for at, s := range lists[p] {
			if !wanted[s.Item] {
				continue
			}
			if at < recallAt {
				hits++
			}
			if at < ndcgAt {
				gain += 1 / math.Log2(float64(at)+2)
			}
		}
		for at := range min(ndcgAt, len(items)) {
			best += 1 / math.Log2(float64(at)+2)
		}
		q.Recall += float64(hits) / float64(len(items))
		q.NDCG += gain / best
	}
	if q.People > 0 {
		q.Recall, q.NDCG = q.Recall/float64(q.People), q.NDCG/float64(q.People)
	}
	return q
}
