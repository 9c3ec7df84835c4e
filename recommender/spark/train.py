"""Trains the factors of packs on Apache Spark, for shops that are too large for one machine.

    spark-submit train.py --events EXPORT --out FACTORS

EXPORT is what `recommender export` wrote, FACTORS what RECOMMENDER_FACTORS names; both are addresses that Spark reads: a folder, or
s3a://BUCKET/PREFIX where the cluster has Hadoop's S3 connector. README.md beside this file says what lies there.
"""

import argparse
import json
import sys
from datetime import datetime, timezone

import pyspark
from pyspark.ml.feature import StringIndexer
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

VERSION = 1
KEPT = 2  # trainings that stay at the place of the factors: one may be being read


class Place:
    """Files below an address, through Hadoop: the same on disk and on S3."""

    def __init__(self, spark, address):
        self._java = spark._jvm
        self._root = self._java.org.apache.hadoop.fs.Path(address)
        self._files = self._root.getFileSystem(spark._jsc.hadoopConfiguration())

    def path(self, name):
        return self._java.org.apache.hadoop.fs.Path(self._root, name) if name else self._root

    def read(self, name):
        stream = self._files.open(self.path(name))
        try:
            return json.loads(self._java.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write(self, name, value):
        stream = self._files.create(self.path(name), True)
        stream.write(bytearray(json.dumps(value, indent=2).encode()))
        stream.close()

    def names(self, folder):
        return sorted(s.getPath().getName() for s in self._files.listStatus(self.path(folder)))

    def remove(self, name):
        self._files.delete(self.path(name), True)


def read(spark, address):
    place = Place(spark, address)
    export = place.read("export.json")
    if export["version"] != VERSION:
        sys.exit(f"export.json has version {export['version']}, this job reads {VERSION}")
    if not export["files"]:
        sys.exit("the export is empty: nobody has acted yet")
    rows = spark.read.schema("person INT, pack STRING, weight FLOAT").json(
        [place.path(name).toString() for name in export["files"]], mode="FAILFAST"
    )
    rows = rows.cache()
    told, there = export["interests"], rows.count()
    if told != there:
        sys.exit(f"export.json tells of {told} interests, its files hold {there}")
    return export, rows


def regularisation(training, interests, people, packs):
    """Spark's λ for the regularisation of the service.

    Spark weighs a pair without an act 1 and one with interest w 1 + α·w, and regularises a row of n acts by λ·n. The service weighs
    them α₀ and α₀ + w, and regularises by λ'·(n + α₀·columns)^ν. With α = 1/α₀ the weights are the same but for a factor, and λ is
    chosen so that a row of average length is regularised alike.
    """
    n = interests / people
    return training["regularise"] * (n + training["unobserved"] * packs) ** training["frequency"] / (n * training["unobserved"])


def train(rows, export):
    training = export["training"]
    indexed = StringIndexer(inputCol="pack", outputCol="number", stringOrderType="alphabetAsc").fit(rows).transform(rows)
    indexed = indexed.withColumn("number", f.col("number").cast("int")).cache()
    numbers = indexed.select("number", "pack").distinct().cache()
    packs = numbers.count()
    strength = regularisation(training, export["interests"], export["people"], packs)

    def factors():
        for n in range(training["models"]):
            als = ALS(
                rank=training["dim"], maxIter=training["sweeps"], implicitPrefs=True, alpha=1 / training["unobserved"],
                regParam=strength, seed=training["seed"] + n, userCol="person", itemCol="number", ratingCol="weight",
            )
            items = als.fit(indexed).itemFactors
            yield items.join(numbers, items.id == numbers.number).select("pack", f.col("features").alias("factors"))

    return packs, factors()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", required=True, help="what `recommender export` wrote")
    arguments.add_argument("--out", required=True, help="where the factors go")
    told = arguments.parse_args()
    spark = SparkSession.builder.appName("crateful factors").getOrCreate()
    try:
        run(spark, told.events, told.out)
    finally:
        spark.stop()


def run(spark, events, out):
    export, rows = read(spark, events)
    packs, models = train(rows, export)
    place = Place(spark, out)
    at = datetime.now(timezone.utc)
    folder = at.strftime("trained-%Y%m%dT%H%M%S.%fZ")
    files = []
    for n, factors in enumerate(models):
        name = f"{folder}/{n}"
        factors.write.option("compression", "gzip").json(place.path(name).toString())
        files.append([f"{name}/{part}" for part in place.names(name) if part.startswith("part-")])
    place.write(
        "factors.json",
        {
            "version": VERSION, "trainer": "spark " + pyspark.__version__, "at": at.isoformat().replace("+00:00", "Z"),
            "packs": packs, "training": export["training"], "models": files,
        },
    )
    for old in [name for name in place.names("") if name.startswith("trained-")][:-KEPT]:
        place.remove(old)


if __name__ == "__main__":
    main()
