"""The exercises of lesson 02: oracles, then the checks in the order of the notebook."""
