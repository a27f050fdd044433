"""The ways of a student and of an instructor through an assignment, in a real JupyterLab and a real browser.

Each class is one story: its tests are steps that build on those before. Screenshots are left in _build/browser.
"""

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from .conftest import ROOT, UNIT, running
from .lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser_ways")]

FORWARD = """def conv1d_forward(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return np.array([x_pad[i : i + len(w)] @ w for i in range(len(x_pad) - len(w) + 1)])"""
BACKWARD = """def conv1d_backward(dout, x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    dx_pad, dw = np.zeros(len(x_pad)), np.zeros(len(w))
    for i in range(len(dout)):
        dx_pad[i : i + len(w)] += dout[i] * w
        dw += dout[i] * x_pad[i : i + len(w)]
    return dx_pad[padding : padding + len(x)], dw"""
WRONG = BACKWARD.replace("+= dout[i] * w\n", "+= dout[i] * w[::-1]\n")
MAX_POOL = """def max_pool1d_backward(dout, x, k):
    dx = np.zeros(len(x))
    for i in range(len(dout)):
        dx[i * k + np.argmax(x[i * k : i * k + k])] = dout[i]
    return dx"""
ON_PAPER = r"""With $P = 1$ the input $x[j]$ is in three outputs, hence

$$\frac{\partial \mathcal{L}}{\partial x[j]} = \sum_{k=0}^{2} \text{dout}[j + 1 - k]\, w[k].$$"""
COMMENT = "The sum is right; say where the flip comes from."
#: A sentence of the check about WRONG.
MESSAGE = "This is what you get when dout meets the kernel as it is, not flipped."
CHECKS = ("conv1d_forward.out", "conv1d_backward.dw", "conv1d_backward.dx", "max_pool1d_backward.dx")


def check(check_id):
    return f'check("{check_id}"'


@pytest.fixture(scope="module")
def student(classroom, browser):
    """What `make lab` opens; the environment and the release are there already."""
    make = ["make", "-f", ROOT / "Makefile", "-o", "setup", "-o", "release", "lab"]
    with running(make, classroom.clone, classroom.student) as address:
        lab = Lab(browser, address, "student")
        yield lab
        lab.page.context.close()


def hand_in(student):
    """Fetch the assignment, solve a part of it and submit that."""
    page = student.page
    student.menu("Nbgrader", "Assignment List")
    page.locator("#released_assignments_list").get_by_role("button", name="Fetch").click()
    fetched = page.locator("#fetched_assignments_list")
    expect(fetched.get_by_role("button", name="Submit")).to_be_visible()
    student.shot("fetched")
    fetched.get_by_role("button", name=UNIT).click()
    fetched.get_by_role("link", name=UNIT).click()
    student.wait_for_kernel()
    student.paste("def conv1d_forward", FORWARD)
    student.paste("def conv1d_backward", WRONG)
    student.paste("Your answer here.", ON_PAPER)
    page.keyboard.press("Control+S")
    expect(page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")).to_have_count(0)
    student.shot("to-submit")
    page.get_by_role("tab", name="Assignments").click()
    fetched.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(UNIT)
    student.shot("submitted")


class TestStudent:
    def test_the_notebook_opens_with_its_kernel_and_no_question(self, student):
        student.goto()
        student.page.locator(".jp-DirListing-item", has_text=f"{UNIT}.ipynb").dblclick()
        student.wait_for_kernel()
        expect(student.page.locator(".jp-KernelName")).to_have_text("Python 3 (ipykernel)")
        expect(student.cell("import numpy")).to_be_visible()
        student.shot("opened")
        assert student.page.locator(".jp-Dialog").count() == 0
        assert student.page.locator(".Toastify__toast").count() == 0

    def test_run_all_reaches_every_check_before_anything_is_written(self, student):
        student.run_all(last=check(CHECKS[-1]))
        for check_id in CHECKS:
            expect(student.cell(check(check_id))).to_contain_text(f"✗ {check_id}")
        student.cell(check(CHECKS[0])).scroll_into_view_if_needed()
        student.shot("nothing-written")

    def test_a_failing_check_says_what_was_done_and_shows_heat_maps(self, student):
        student.paste("def conv1d_forward", FORWARD)
        student.paste("def conv1d_backward", WRONG)
        student.paste("def max_pool1d_backward", MAX_POOL)
        student.run_all(last=check(CHECKS[-1]))
        cell = student.cell(check("conv1d_backward.dx"))
        expect(cell).to_contain_text("✗ conv1d_backward.dx")
        expect(cell).to_contain_text(MESSAGE)
        maps = cell.locator("table")
        expect(maps.locator("caption")).to_have_text(["got", "expected", "difference"])
        maps.last.scroll_into_view_if_needed()
        student.shot("failing-check")
        output = cell.locator(".jp-OutputArea").first.bounding_box()
        for number in range(3):
            box = maps.nth(number).bounding_box()
            assert output["x"] <= box["x"]
            assert box["x"] + box["width"] <= output["x"] + output["width"]

    def test_validate_names_the_check_that_fails(self, student):
        student.page.get_by_role("button", name="Validate").click()
        student.page.locator(".jp-Dialog").wait_for()
        student.shot("validate-fails")
        said = student.accept()
        assert "The following cell failed" in said
        assert check("conv1d_backward.dx") in said
        assert check("conv1d_forward.out") not in said

    def test_a_right_solution_passes(self, student):
        student.paste("def conv1d_backward", BACKWARD)
        student.paste("Your answer here.", ON_PAPER)
        student.run_all(last=check(CHECKS[-1]))
        for check_id in CHECKS:
            expect(student.cell(check(check_id))).to_contain_text(f"✓ {check_id}")
        student.cell(check("conv1d_backward.dx")).scroll_into_view_if_needed()
        student.shot("passing-check")

    def test_validate_is_content(self, student):
        student.page.get_by_role("button", name="Validate").click()
        student.page.locator(".jp-Dialog").wait_for()
        student.shot("validate-passes")
        assert "Success! Your notebook passes all the tests." in student.accept()

    def test_an_assignment_is_fetched_solved_and_submitted(self, student, classroom):
        hand_in(student)
        (submission,) = classroom.inbound
        assert "w[::-1]" in (submission / f"{UNIT}.ipynb").read_text(encoding="utf-8")

    def test_nothing_was_asked_of_other_machines(self, student):
        assert student.requests
        assert student.outside == set()


@pytest.fixture(scope="class")
def instructor(classroom, browser, student):
    """JupyterLab inside the course, which has a submission to grade."""
    if not classroom.inbound:
        student.goto()
        hand_in(student)
    with running(["jupyter", "lab"], classroom.course.folder, classroom.instructor) as address:
        lab = Lab(browser, address, "instructor")
        yield lab
        lab.page.context.close()


class TestInstructor:
    def test_formgrader_lists_the_assignment(self, instructor):
        instructor.goto()
        instructor.menu("Nbgrader", "Formgrader")
        row = instructor.formgrader().locator("tr", has_text=UNIT)
        expect(row).to_contain_text("released")
        instructor.shot("assignments")

    def test_what_was_submitted_is_collected(self, instructor):
        page = instructor.formgrader()
        page.locator("tr", has_text=UNIT).locator(".collect a").click()
        instructor.close_modal("Successfully collected")
        expect(page.locator("tr", has_text=UNIT).locator(".num-submissions")).to_have_text("1")
        instructor.shot("collected")

    def test_it_is_graded_by_the_engine_of_the_course(self, instructor, classroom):
        page = instructor.formgrader()
        page.locator("tr", has_text=UNIT).locator(".num-submissions a").click()
        row = page.locator("tbody tr")
        expect(row).to_contain_text("needs autograding")
        row.locator(".autograde a").click()
        instructor.close_modal("Successfully autograded")
        expect(row).to_contain_text("needs manual grading")
        instructor.shot("autograded")
        (student,) = (path.name for path in (classroom.course.folder / "submitted").iterdir())
        assert classroom.course.verdict(student, "conv1d_forward_out")["points"] == 3
        assert classroom.course.scores(student)["conv1d_backward_dx"] == 1

    def test_an_answer_is_marked_by_hand(self, instructor, classroom):
        page = instructor.formgrader()
        page.get_by_role("link", name="Manual Grading").click()
        for place in (UNIT, UNIT, "Submission #1"):
            page.get_by_role("link", name=place).click()
        expect(page.locator("body")).to_contain_text(MESSAGE)
        expect(page.locator(".next .tabbable")).to_be_focused()
        page.locator("body").evaluate("() => $('body, html').promise()")  # formgrader scrolls to where it begins
        page.get_by_text(MESSAGE).scroll_into_view_if_needed()
        instructor.shot("submission")
        for field, text in (("#derivation", "3"), ("#derivation-comment", COMMENT)):
            with instructor.page.expect_response(lambda response: response.request.method == "PUT"):  # it saves itself
                page.locator(field).fill(text)
                page.locator(field).blur()
        assert page.locator("math").count() > 20
        instructor.shot("marked")
        with Gradebook(f"sqlite:///{classroom.course.folder}/gradebook.db") as gradebook:
            (student,) = (path.name for path in (classroom.course.folder / "submitted").iterdir())
            assert gradebook.find_grade("derivation", UNIT, UNIT, student).manual_score == 3

    def test_feedback_is_generated_and_released(self, instructor):
        page = instructor.formgrader()
        page.get_by_role("link", name="Manual Grading").click()
        page.get_by_role("link", name="Manage Assignments").click()
        page.locator("tr", has_text=UNIT).locator(".num-submissions a").click()
        row = page.locator("tbody tr")
        expect(row).to_contain_text("graded")
        row.locator(".generate-feedback a").click()
        instructor.close_modal("Successfully generated feedback")
        row.locator(".release-feedback a").click()
        instructor.close_modal("Successfully released feedback")
        instructor.shot("feedback-released")

    def test_the_student_reads_the_feedback(self, student):
        page = student.page
        page.get_by_role("tab", name="Assignments").click()
        page.locator("#submitted_assignments_list").get_by_role("button", name="Fetch Feedback").click()
        page.get_by_text("(view feedback)").click()
        student.shot("feedback-fetched")
        page.locator(".jp-DirListing-item", has_text=f"{UNIT}.html").dblclick()
        feedback = page.frame_locator("iframe.jp-HTMLViewer, .jp-HTMLViewer iframe").locator("body")
        for words in (MESSAGE, COMMENT, "Score: 3.0 / 4.0"):
            expect(feedback).to_contain_text(words)
        student.shot("feedback")
        feedback.get_by_text(MESSAGE).scroll_into_view_if_needed()
        student.shot("feedback-message")
        feedback.get_by_text(COMMENT).scroll_into_view_if_needed()
        student.shot("feedback-comment")

    def test_nothing_was_asked_of_other_machines(self, instructor, student):
        assert instructor.requests
        assert instructor.outside | student.outside == set()
