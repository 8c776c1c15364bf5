"""Stands in for the standard module: a real environment, made in 0.1 s, with the pip of ../site in it."""
