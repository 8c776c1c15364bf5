"""Stands in for nbformat."""
