"""Scores lists of `recommender evaluate` on what was held out, beside popularity and EASE.

    python score.py RECS.csv FOLDER     # with train.csv and test.csv: user,item

EASE: Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), with the best of some regularisations on the test file, which
is more than it could know.
"""

import csv
import json
import os
import sys
import time
from collections import defaultdict

import numpy as np

REGULARISATIONS = (100, 200, 400, 800)


def rows(path):
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


def by_user(path):
    out = defaultdict(list)
    for row in rows(path):
        out[row["user"]].append(row["item"])
    return out


def score(lists, test):
    gains = 1 / np.log2(np.arange(10) + 2)
    recall = ndcg = 0.0
    for user, wanted in test.items():
        hits = np.array([item in set(wanted) for item in lists.get(user, [])[:20]] + [False] * 20)[:20]
        recall += hits.sum() / len(wanted)
        ndcg += gains[hits[:10]].sum() / gains[: min(10, len(wanted))].sum()
    return recall / len(test), ndcg / len(test)


def say(who, cpu, lists, test):
    recall, ndcg = score(lists, test)
    print(json.dumps({"who": who, "cpu_seconds": round(cpu, 1), "recall20": round(recall, 4), "ndcg10": round(ndcg, 4)}), flush=True)


def main(recs, folder):
    train, test = by_user(os.path.join(folder, "train.csv")), {u: set(i) for u, i in by_user(os.path.join(folder, "test.csv")).items()}
    ranked = defaultdict(list)
    for row in sorted(rows(recs), key=lambda row: int(row["rank"])):
        ranked[row["user"]].append(row["item"])
    say("crateful", 0, ranked, test)

    users, items = sorted(train), sorted({item for own in train.values() for item in own})
    at = {item: n for n, item in enumerate(items)}
    x = np.zeros((len(users), len(items)), dtype=np.float32)
    for n, user in enumerate(users):
        x[n, [at[item] for item in train[user]]] = 1

    def lists(scores):
        scores = np.where(x > 0, -np.inf, scores)
        top = np.argsort(-scores, axis=1, kind="stable")[:, :20]
        return {user: [items[i] for i in top[n]] for n, user in enumerate(users)}

    say("popularity", 0, lists(np.broadcast_to(x.sum(axis=0), x.shape)), test)
    for regularisation in REGULARISATIONS:
        began = time.process_time()
        inverse = np.linalg.inv(x.T @ x + regularisation * np.eye(len(items), dtype=np.float32))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        spent = time.process_time() - began
        say(f"EASE {regularisation}", spent, lists(x @ weights), test)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
