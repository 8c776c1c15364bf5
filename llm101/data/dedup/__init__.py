"""Deduplication at three granularities: whole documents, parts of documents, and documents that are nearly the same.

Reading order: shingles (a text as a set of word n-grams, as hashes) · seen (what has come before, in constant memory) ·
exact (documents) · spans (lines, sentences, long runs of words) · minhash (a short signature that estimates Jaccard
similarity) · lsh (bands: who is worth comparing) · clusters (union-find) · near (a stream of any size, on disk).
"""
