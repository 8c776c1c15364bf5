"""Language models before the Transformer: a probability for every next word.

Counting: ngram (counts, and what every n-gram model can do), smoothing (add-k, stupid backoff), interpolation,
good_turing, katz, kneser_ney; query_likelihood ranks documents by how likely they are to have produced a query.
"""
