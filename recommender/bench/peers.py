"""Peers on the shop that `bench generate` invented: a line of JSON for each, as `bench train` writes them.

    python peers.py FOLDER

implicit's ALS (conjugate gradient) after each of its iterations, and popularity. CPU is of training alone.
"""

import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit shares out rows itself

import numpy as np  # noqa: E402
from implicit.cpu.als import AlternatingLeastSquares  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

JUDGED_OF = 20
DIM = 48
# Weight of an act and regularisation, of which the best after three iterations is taken.
GRID = [(1, 1), (1, 10), (5, 30), (15, 100), (15, 300)]


def pairs(folder, name):
    return np.fromfile(os.path.join(folder, name), dtype="<i4").reshape(-1, 2)


def matrix(rows, shape):
    return csr_matrix((np.ones(len(rows), dtype=np.float32), (rows[:, 0], rows[:, 1])), shape=shape)


def ndcg(scores_of, train, test, judged):
    gains = 1 / np.log2(np.arange(10) + 2)
    total = 0.0
    for some in np.array_split(judged, max(1, len(judged) // 500)):
        scores = scores_of(some)
        for at, person in enumerate(some):
            own = scores[at]
            own[train[person].indices] = -np.inf
            top = np.argpartition(-own, 10)[:10]
            top = top[np.argsort(-own[top])]
            wanted = test[person].indices
            total += gains[np.isin(top, wanted)].sum() / gains[: min(10, len(wanted))].sum()
    return total / len(judged)


def say(who, sweeps, cpu, value):
    print(json.dumps({"who": who, "sweeps": sweeps, "cpu_seconds": round(cpu, 3), "ndcg10": round(float(value), 5)}), flush=True)


def main(folder):
    train, test = pairs(folder, "train.i32"), pairs(folder, "test.i32")
    shape = tuple(np.maximum(train.max(axis=0), test.max(axis=0)) + 1)
    train, test = matrix(train, shape), matrix(test, shape)
    judged = np.array([p for p in range(0, shape[0], JUDGED_OF) if test.indptr[p] < test.indptr[p + 1]])

    popular = np.asarray(train.sum(axis=0)).ravel()
    say("popularity", 0, 0, ndcg(lambda some: np.tile(popular, (len(some), 1)), train, test, judged))

    def als(alpha, regularization, iterations, each=None):
        model = AlternatingLeastSquares(
            factors=DIM, alpha=alpha, regularization=regularization, iterations=iterations, use_cg=True, num_threads=os.cpu_count(), random_state=1
        )
        spent, began = [0.0], [time.process_time()]

        def after(iteration, *_):
            spent[0] += time.process_time() - began[0]
            if each:
                each(iteration + 1, spent[0], model)
            began[0] = time.process_time()

        model.fit(train, show_progress=False, callback=after)
        return model

    def value(model, people):
        return ndcg(lambda some: np.asarray(model.user_factors)[some] @ np.asarray(model.item_factors).T, train, test, people)

    few = judged[::4]
    tried = {options: value(als(*options, 3), few) for options in GRID}
    print("implicit:", tried, file=sys.stderr)
    als(*max(tried, key=tried.get), 6, lambda n, cpu, model: say("implicit", n, cpu, value(model, judged)))


if __name__ == "__main__":
    main(sys.argv[1])
