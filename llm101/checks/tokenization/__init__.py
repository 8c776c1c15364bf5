"""The exercises of lesson 03: oracles, then the checks in the order of the notebook."""
