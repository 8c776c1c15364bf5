"""The exercises of lesson 05: oracles, then the checks in the order of the notebook."""
