"""The exercises of lesson 10: oracles, then the checks in the order of the notebook."""
