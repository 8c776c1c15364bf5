"""Behind the checks of lesson 01: fitting (shapes to a line), judging (validation, the best of many), learning."""
