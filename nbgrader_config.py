"""What nbgrader must know about this course. GRADING.md explains; `llm101 grade` uses it.

If you run nbgrader yourself, set TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR=1: without it an error in this file is
only logged, and nbgrader goes on with its defaults, which run submissions with your rights.
"""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "llm101"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.solution_directory = "grading/solution"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"  # or postgresql+psycopg2://user@host/name

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code here")'}
c.ClearSolutions.text_stub = "*Your answer here.*"

c.Autograde.autograde_preprocessors = [
    "llm101.check.nbg.SandboxedChecks",  # instead of nbgrader's Execute, which trusts the submission
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "llm101.check.nbg.Sanitize",  # after the marks are saved, before anybody opens the page
    "nbgrader.preprocessors.CheckCellMetadata",
]
# c.SandboxedChecks.hidden_dir = "/srv/llm101-private"  # your own checks, outside the public repository
# c.Exchange.root = "/srv/nbgrader/exchange"

# Feedback pages load nothing from the network and run no script; formulas show as TeX.
c.GenerateFeedback.exporter_class = "llm101.check.feedback.FeedbackPage"
