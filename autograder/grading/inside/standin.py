"""Stands in for the package `autograder` where students' code is graded: the answers are given outside."""


def check(check_id: str, function: object = None) -> None:
    """Says that the answer comes with the feedback."""
    print(f"check({check_id!r}) is answered when the notebook is graded.")


class _Elsewhere:
    """Takes whatever is done with a visible case, so that a cell that looks at one still runs to its end."""

    def _itself(self, *args: object, **kwargs: object) -> "_Elsewhere":
        return self

    __getattr__ = __getitem__ = __call__ = _itself

    def __iter__(self) -> object:
        return iter(())

    def __repr__(self) -> str:
        return "<the visible cases can be looked at on your own computer>"


def case(function: str, number: int) -> _Elsewhere:
    """The visible cases are not here."""
    return _Elsewhere()
