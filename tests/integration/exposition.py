"""A strict reader of Prometheus' text format 0.0.4: what a scraper might forgive is an error here."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
TYPES = ("counter", "gauge", "histogram")


class Malformed(AssertionError):
    """The text is not as the format wants it."""


class Family:
    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.samples = []  # (name, labels, value), as they came

    def names(self):
        return [self.name + ending for ending in ("_bucket", "_sum", "_count")] if self.kind == "histogram" else [self.name]


def check(condition, line, why):
    if not condition:
        raise Malformed(f"{why}: {line}")


def read_labels(text, line):
    pairs = [part.split("=", 1) for part in re.findall(LABEL, text or "")]
    check(len({name for name, _ in pairs}) == len(pairs), line, "a label twice")
    return {name: value[1:-1] for name, value in pairs}


def read_sample(family, line):
    match = SAMPLE.fullmatch(line)
    check(match, line, "no sample")
    name, labels, text = match.groups()
    check(name in family.names(), line, f"a sample of another family than {family.name}")
    value = float(text)
    check(not math.isnan(value), line, "not a number")
    if family.kind != "gauge":
        check(0 <= value < math.inf, line, "a count below zero")
    return name, read_labels(labels, line), value


def read_families(text):
    """The families by their names."""
    check(text.endswith("\n") and "\r" not in text, text[-40:], "the last line has no end")
    families, helped, family = {}, None, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            check(re.fullmatch(NAME, name) and words and name not in families and helped is None, line, "HELP")
            helped = name
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            check(name == helped and kind in TYPES, line, "TYPE")
            check((kind == "counter") == name.endswith("_total"), line, "_total belongs to counters")
            family, helped = Family(name, kind), None
            families[name] = family
        else:
            check(family and helped is None, line, "a sample without a family")
            family.samples.append(read_sample(family, line))
    check(helped is None, helped, "HELP without TYPE")
    return families


def check_histogram(family):
    """Buckets of each set of labels: rising limits, rising counts, +Inf last and equal to the count."""
    series = {}
    for name, labels, value in family.samples:
        rest = tuple(sorted((key, text) for key, text in labels.items() if key != "le"))
        parts = series.setdefault(rest, {"buckets": [], "_sum": None, "_count": None})
        if name.endswith("_bucket"):
            parts["buckets"].append((float(labels["le"].replace("+Inf", "inf")), value))
        else:
            parts[name.removeprefix(family.name)] = value
    for rest, parts in series.items():
        limits, counts = zip(*parts["buckets"])
        check(list(limits) == sorted(set(limits)) and limits[-1] == math.inf, family.name, f"limits of {rest}")
        check(list(counts) == sorted(counts), family.name, f"counts of {rest} fall")
        check(parts["_sum"] is not None and parts["_count"] == counts[-1], family.name, f"sum or count of {rest}")


def read(text):
    """The families of a whole text; Malformed when anything is not as it should be."""
    families = read_families(text)
    for family in families.values():
        keys = [(name, *sorted(labels.items())) for name, labels, _ in family.samples]
        check(len(set(keys)) == len(keys), family.name, "a sample twice")
        if family.kind == "histogram":
            check_histogram(family)
    return families
