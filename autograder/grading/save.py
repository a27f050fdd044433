"""Saving the points of a notebook: all of them or none, and marks given by hand stay as they are."""

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.gradebook import KeptGradebook


class SaveGrades(NbGraderPreprocessor):
    """Stands in for nbgrader's SaveAutoGrades, which commits each cell by itself.

    nbgrader asks for a second look at every cell marked by hand whenever it is graded again. Here that happens only
    if the submission or its automatic points have changed.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        with KeptGradebook(names["db_url"]) as gradebook:
            saved = gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
            grades = {grade.name: grade for grade in saved.grades}
            comments = {comment.name: comment for comment in saved.comments}
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if utils.is_grade(cell):
                    settled = name in names.get("settled", ())
                    save_score(grades[name], cell, settled=settled, human=names.get("human", False), log=self.log)
                if utils.is_solution(cell) or utils.is_task(cell):
                    comments[name].auto_comment = automatic_comment(cell)
            gradebook.db.commit()
            names["scores"] = {name: grade.auto_score for name, grade in grades.items()}
        return nb, resources


def save_score(grade: object, cell: NotebookNode, *, settled: bool, human: bool, log: object) -> None:
    """Put the points that a cell's outputs say into its row of the gradebook."""
    before = grade.auto_score
    grade.auto_score, _ = utils.determine_grade(cell, log)
    if grade.manual_score is None:
        grade.needs_manual_grade = human or grade.auto_score is None
    else:
        grade.needs_manual_grade = human or not (settled and grade.auto_score == before)


def automatic_comment(cell: NotebookNode) -> str | None:
    """nbgrader's comment on an answer that was left as it was released."""
    unchanged = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if unchanged and not utils.is_task(cell) else None
