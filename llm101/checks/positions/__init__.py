"""The exercises of lesson 08: oracles, then the checks in the order of the notebook."""
