"""Pictures of the lessons: plots (matplotlib), and widgets (ipywidgets) with a static picture beside them.

Reading order: plots, tokens, widgets, merges, quiz.
"""
