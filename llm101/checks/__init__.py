"""The checks of the exercises, one file a lesson: l<NN>_<name>.py. `llm101.check` finds them by name."""
