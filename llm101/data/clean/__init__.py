"""Rules and small models that decide what of a web page is worth training on.

Reading order: pipeline (a stage, a stream, a report) · c4 (rules about lines) · gopher (statistics of a page) ·
language (which language is it?) · perplexity (is it like good text?) · quality (a classifier that was shown good and
bad) · pii (personal data) · judge (precision and recall, when the truth is known).

Papers: C4, Raffel et al. 2019, arXiv:1910.10683 · Gopher, Rae et al. 2021, arXiv:2112.11446 · CCNet, Wenzek et al. 2019,
arXiv:1911.00359 · GPT-3, Brown et al. 2020, arXiv:2005.14165.
"""
