#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Makes random inputs for a fuzzer from its seeds and the words of its dictionary; the same inputs on every machine.

    Fuzz/mutate.py SEEDS COUNT FOLDER [DICTIONARY]

A fuzzer that learns never takes the same path twice. That is good for finding faults, and bad for judging a change.
"""

import pathlib
import random
import sys


class Mutator:
    MOST_STEPS = 4

    def __init__(self, seeds, words, name):
        self.seeds = seeds
        self.words = words
        # Only getrandbits is guaranteed to give the same numbers in every Python version.
        self.bits = random.Random(name).getrandbits

    def below(self, bound):
        return self.bits(32) % bound

    def one(self):
        data = bytearray(self.pick(self.seeds))
        for _ in range(1 + self.below(self.MOST_STEPS)):
            self.step(data)
        return bytes(data)

    def step(self, data):
        at = self.below(len(data) + 1)
        end = min(len(data), at + 1 + self.below(8))
        kind = self.below(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << self.below(8)
        elif kind == 1 and at < len(data):
            data[at] = self.below(256)
        elif kind == 2:
            del data[at:end]
        elif kind == 3:
            data[at:at] = bytes(self.below(256) for _ in range(1 + self.below(4)))
        elif kind == 4:
            data[at:at] = data[at:end]
        elif kind == 5 and self.words:
            word = self.pick(self.words)
            data[at : at + len(word) * self.below(2)] = word
        else:
            other = self.pick(self.seeds)
            data[at:] = other[self.below(len(other) + 1) :]

    def pick(self, some):
        return some[self.below(len(some))]


def words_of(dictionary):
    """The quoted words of a libFuzzer dictionary, unescaped: backslash, quote and \\xAB."""
    lines = [line.strip() for line in dictionary.read_text().splitlines()]
    quoted = [line[line.index('"') + 1 : -1] for line in lines if '"' in line and not line.startswith("#")]
    return [word.encode("latin-1").decode("unicode_escape").encode("latin-1") for word in quoted]


def main():
    seeds, count, folder, *dictionary = sys.argv[1:]
    files = sorted(pathlib.Path(seeds).iterdir())
    words = words_of(pathlib.Path(dictionary[0])) if dictionary else []
    mutator = Mutator([file.read_bytes() for file in files], words, pathlib.Path(seeds).name)
    target = pathlib.Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for number in range(int(count)):
        (target / f"{number:05}").write_bytes(mutator.one())


if __name__ == "__main__":
    main()
