"""One Hypothesis profile for these tests: the same examples in every run, and few enough to be quick."""

from hypothesis import settings

settings.register_profile("solutions", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("solutions")
