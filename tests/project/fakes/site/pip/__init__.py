"""A pip that installs nothing, talks like the real one, and fails in the way that FAKE_PIP says."""
