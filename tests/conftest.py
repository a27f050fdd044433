"""One Hypothesis profile for all tests: the same examples in every run, few enough to be quick, and no deadline.

Hypothesis's own deadline is an absolute time, which a busy machine misses.
"""

import os

from hypothesis import Phase, settings

# mutmut wants to know whether a test fails, not the simplest way to make it fail.
phases = [Phase.explicit, Phase.generate] if os.environ.get("MUTANT_UNDER_TEST") else list(Phase)
settings.register_profile("course", derandomize=True, deadline=None, max_examples=40, phases=phases)
settings.load_profile("course")
