"""The exercises of lesson 09: oracles, then the checks in the order of the notebook."""
