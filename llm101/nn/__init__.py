"""The parts of a Transformer, each a file: read them in this order.

masks (who may see whom) · attention · cache · positions · norms · ffn · blocks · embed · init

A model is these parts handed to each other, see llm101/models. One table of letters for the whole package,
used in the comments behind the lines, which the tests check while the code runs:

    b batch          t query time      s key time         n new keys (those not in a cache)
    d model width    h heads           g key/value heads  k head dim
    f ffn width      v vocabulary      l layers           p longest context
"""
