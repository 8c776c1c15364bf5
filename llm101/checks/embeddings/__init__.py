"""The exercises of lesson 04: oracles, then the checks in the order of the notebook."""
