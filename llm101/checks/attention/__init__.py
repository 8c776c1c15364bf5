"""The exercises of lesson 07: oracles, then the checks in the order of the notebook."""
