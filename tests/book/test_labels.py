"""Every claim is executed: cited equations exist, and displayed gradients are verified on their own page."""

import re
from collections import Counter

import numpy as np
import pytest
from verify import autograd, central_differences, is_gradient, verify

from autograder.units import page_link, unit_of_label

from .pages import CHAPTERS, PAGES, ROOT, Page

SPECS = ("autograder/exercises", "autograder/cases", "autograder/faulty")
CITING = sorted(file for folder in ("solutions", *SPECS) for file in (ROOT / folder).glob("*.py"))
CITED = sorted(
    {(label, file.name) for file in CITING for label in re.findall(r"\beq-[a-z0-9-]*[a-z0-9]", file.read_text())}
)
WITH_CHAPTER = [(label, file) for label, file in CITED if (ROOT / "book" / f"{unit_of_label(label).page}.md").is_file()]
SMALL = np.array([2.0, -1, 3])


def test_something_is_cited():
    assert len(WITH_CHAPTER) >= 3


@pytest.mark.parametrize(("label", "file"), WITH_CHAPTER)
def test_a_cited_equation_exists(label, file):
    page = ROOT / "book" / f"{unit_of_label(label).page}.md"
    assert label in Page.read(page).labels(), f"{file} cites {label}, which {page.name} does not display"


def test_labels_are_unique_and_belong_to_their_page():
    owners = [(label, page.stem) for page in PAGES for label in Page.read(page).labels()]
    assert [label for label, times in Counter(label for label, _ in owners).items() if times > 1] == []
    assert [(label, stem) for label, stem in owners if unit_of_label(label).page != stem] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_gradients_are_verified_where_they_are_displayed(path):
    page = Page.read(path)
    gradients = [label for label in page.labels() if is_gradient(label)]
    assert gradients
    assert [label for label in gradients if label not in page.verified()] == []
    assert [label for label in page.verified() if label not in page.labels()] == []


@pytest.mark.slow
@pytest.mark.parametrize(("label", "file"), WITH_CHAPTER)
def test_links_in_feedback_lead_to_the_equation(site, label, file):
    page, anchor = page_link(label).split("#")
    assert f'id="{anchor}"' in (site / page).read_text()


def test_verify_says_what_agrees(capsys):
    verify("eq-conv1d-dx", SMALL, numerical=SMALL, torch=list(SMALL))
    verify("eq-conv1d-forward", [SMALL, SMALL[:1]], loops=[SMALL, SMALL[:1]])
    verify("eq-fast-forward", SMALL, torch=SMALL + 1e-9, atol=1e-8)
    assert capsys.readouterr().out.splitlines() == [
        "✓ eq-conv1d-dx = central differences = PyTorch",
        "✓ eq-conv1d-forward = loops, 2 cases",
        "✓ eq-fast-forward = PyTorch, to within 1e-08",
    ]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (SMALL[::-1], r"eq-conv1d-dx: ours and torch differ at \[0\]: 2 and 3"),
        (SMALL[:, None], r"ours has shape \(3,\), torch \(3, 1\)"),
        (np.array([2, -1, np.nan]), r"differ at \[2\]"),
        (SMALL + 1e-9, r"differ at \[0\]"),
    ],
)
def test_verify_fails_where_arrays_differ(other, message):
    with pytest.raises(AssertionError, match=message):
        verify("eq-conv1d-dx", SMALL, numerical=SMALL, torch=other)


def test_verify_fails_when_one_case_of_several_differs():
    with pytest.raises(AssertionError, match="loops differ"):
        verify("eq-conv1d-forward", [SMALL, SMALL], loops=[SMALL, -SMALL])
    with pytest.raises(ValueError, match="shorter"):
        verify("eq-conv1d-forward", [SMALL, SMALL], loops=[SMALL])


@pytest.mark.parametrize("others", [{}, {"numerical": SMALL}, {"torch": SMALL}, {"loops": SMALL}])
def test_a_gradient_needs_both_opinions(others):
    with pytest.raises(TypeError, match="eq-conv1d-dx: expected"):
        verify("eq-conv1d-dx", SMALL, **others)


def test_anything_needs_one_opinion():
    with pytest.raises(TypeError, match="at least one"):
        verify("eq-conv1d-forward", SMALL)


def test_gradient_labels():
    assert all(map(is_gradient, ["eq-conv1d-dx", "eq-a-max-pool-dw", "eq-a-db", "eq-a-dout", "eq-a-dgamma"]))
    assert not any(map(is_gradient, ["eq-conv1d-forward", "eq-stride-dilation", "eq-dx-forward", "eq-conv1d-adjoint"]))


def test_central_differences_are_exact_for_a_bilinear_loss():
    w = np.array([[1.0, -4], [0, 7]])
    np.testing.assert_array_equal(central_differences(lambda x: np.sum(w * x), 0 * w), w)
    np.testing.assert_array_equal(central_differences(lambda x: 3 * x, np.array(5.0)), 3)


@pytest.mark.slow
def test_autograd_weighs_the_outputs_by_dout():
    dx, dw = autograd(lambda x, w: x * w, SMALL, np.array([1.0, 2, 3]), np.array([4.0, 5, 6]))
    np.testing.assert_array_equal(dx, [8, -5, 18])
    np.testing.assert_array_equal(dw, [2, -2, 9])
