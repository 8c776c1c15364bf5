"""The parts of a Transformer, each a file: read them in this order.

Attention     masks (who may see whom) · attention · cache · flash (the same, in tiles) · footprint (memory, counted)
Positions     absolute · positions (the two hooks; ALiBi, T5) · rotary · relative (Shaw, Transformer-XL)
Blocks        norms · ffn · activations · moe · blocks (where the norm stands) · cross (decoder blocks) · embed · init
Training      log_probs · losses · regularize

A model is these parts handed to each other, see llm101/models. One table of letters for the whole package,
used in the comments behind the lines, which the tests check while the code runs:

    b batch          t query time      s key time         n new keys (those not in a cache), or tokens of a source
    d model width    h heads           g key/value heads  k head dim
    f ffn width      v vocabulary      l layers           p longest context
    e experts        c choices a token m tokens or distances, as the file says     i, j rows and columns of a tile
"""
