"""From raw web pages to batches: clean, deduplicate, decontaminate, mix, pack.

Reading order: clean (a rule a function: C4, Gopher, language, quality, personal data, and the pipeline that joins
them) · dedup · contamination · mixtures · packing. Everything that reads documents takes an iterator and gives one.
"""
