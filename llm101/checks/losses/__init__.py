"""The exercises of lesson 06: oracles, then the checks in the order of the notebook."""
