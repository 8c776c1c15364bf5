"""course/NN_name/*.py -> lessons/, exercises/, solutions/.

Reading order: source (text to cells), release (cut an exercise out of a solution), execute (run, keep what did
not change), widgets (stable ids), sync (do text and notebooks agree?), cli.
"""
