"""What only a browser shows: lessons run in JupyterLab, widgets answer, checks give their hints."""

import pytest

pytestmark = pytest.mark.browser

RIGHT = """def count_pairs(words):
    counts = {}
    for word, n in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + n
    return counts"""
WRONG = RIGHT.replace("+ n", "+ 1")


def test_lesson_03_runs_and_its_widgets_answer(open_notebook):
    notebook = open_notebook("lessons/03_tokenization.ipynb")
    notebook.run_all()
    page = notebook.page
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0

    stepper = notebook.cell("merge_steps = merge_stepper")
    stepper.scroll_into_view_if_needed()
    stepper.get_by_text("3 merges").wait_for(timeout=20_000)
    stepper.get_by_role("button", name="next").click()
    stepper.get_by_text("4 merges").wait_for(timeout=20_000)
    assert "joined last: l o" in stepper.locator(".widget-html-content").first.inner_text()
    stepper.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    stepper.get_by_text("5 merges").wait_for(timeout=20_000)
    notebook.picture("lesson_03_merge_widget")

    quiz = page.locator(".jp-OutputArea-output").filter(has_text="What does encoding with BPE do first").first
    quiz.scroll_into_view_if_needed()
    quiz.get_by_text("It looks for the longest token that fits").click()
    quiz.get_by_text("That is WordPiece").wait_for(timeout=20_000)
    quiz.get_by_text("It joins the pair that was learnt first").click()
    quiz.get_by_text("Encoding replays training").wait_for(timeout=20_000)
    notebook.picture("lesson_03_quiz")


def test_a_wrong_answer_gets_its_hint_and_the_right_one_passes(open_notebook):
    notebook = open_notebook("exercises/03_tokenization/tokenization.ipynb")
    notebook.run(notebook.cell("llm101.setup(seed=0)"))
    check = notebook.cell('check("03.count_pairs")')
    report = check.locator(".jp-OutputArea-output")

    notebook.run(check)
    report.get_by_text("0/2 points").wait_for(timeout=60_000)
    notebook.picture("exercise_03_to_do")

    answer = notebook.cell("def count_pairs")
    notebook.write(answer, WRONG)
    notebook.run(check)
    report.get_by_text("You added 1 for a word instead of its count").wait_for(timeout=20_000)
    notebook.picture("exercise_03_wrong")

    notebook.write(answer, RIGHT)
    notebook.run(check)
    report.get_by_text("2/2 points").wait_for(timeout=20_000)
    assert report.get_by_text("You added 1").count() == 0
    notebook.picture("exercise_03_right")


def test_lesson_05_turning_the_dial_draws_another_walk(open_notebook):
    notebook = open_notebook("lessons/05_gradient_descent.ipynb")
    dial = notebook.cell("dial(bowl_picture")
    notebook.run_through(dial)
    drawn = dial.locator("img")
    drawn.wait_for(timeout=60_000)
    assert drawn.evaluate("e => e.naturalWidth") > 300
    before = drawn.get_attribute("src")
    dial.locator(".noUi-handle, .jupyter-widgets [role=slider]").first.focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.wait_for_function(
        "([e, before]) => e.querySelector('img').src !== before", arg=[dial.element_handle(), before]
    )
    notebook.picture("lesson_05_dial")


def test_lesson_07_the_explorer_jumps_to_the_head_that_looks_after_last_time(open_notebook):
    notebook = open_notebook("lessons/07_attention.ipynb")
    explorer = notebook.cell("head_explorer(maps")
    notebook.run_through(explorer)
    explorer.get_by_text("(place 31) looks at").wait_for(timeout=20_000)
    assert explorer.locator("button.mod-active").all_inner_texts() == ["layer 0", "head 0"]
    explorer.get_by_role("button", name="highest: after last time").click()
    explorer.locator("button.mod-active", has_text="layer 1").wait_for(timeout=20_000)
    explorer.locator(".noUi-handle").focus()
    notebook.page.keyboard.press("ArrowLeft")
    explorer.get_by_text("(place 30) looks at").wait_for(timeout=20_000)
    framed = explorer.locator("svg rect[stroke-width='2']")
    assert framed.bounding_box()["width"] > 300
    notebook.picture("lesson_07_explorer")
