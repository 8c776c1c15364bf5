"""Text for the course: generated with a known truth, or found on every machine.

Reading order: samples (sentences in English, Chinese and Python), pydocs (the standard library's own text), grammar
(with agreement, wellformed, chart), reviews, stories (with stories_world, stories_words),
translation (English and Chinese; with synchronous, translation_words), downloads.
"""
