"""The exercises of unit conv1d: one-dimensional convolution, forward and backward."""

import solutions
from autograder.cases import conv1d as cases
from autograder.faulty import conv1d as faulty
from autograder.spec import Exercise, Misconception, Output

EXERCISES = (
    Exercise(
        unit="conv1d",
        function="conv1d_forward",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 3, "eq-conv1d-forward"),),
        cases=cases.forward_cases,
        reference=solutions.conv1d_forward,
        oracle="conv1d",
        faulty=faulty.forward_with,
        pointless=("numpy.correlate", "numpy.convolve"),
        misconceptions=(
            Misconception(
                "kernel-flipped",
                "This is what you get when the kernel is flipped before it slides over x, as np.convolve does it.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "padding-ignored",
                "This is what you get when x is not padded: the option padding has no effect.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "always-same",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "padded-on-one-side",
                "This is what you get when all the zeros are put before x instead of half of them after it.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "last-output-missing",
                "This is what you get when the loop over the outputs ends one too early and the last one stays zero.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "overwritten",
                "This is what you get when each kernel entry's product replaces the sum so far: = where += is meant.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                "eq-conv1d-forward",
            ),
        ),
    ),
    Exercise(
        unit="conv1d",
        function="conv1d_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 6, "eq-conv1d-dx"), Output("dw", 3, "eq-conv1d-dw")),
        cases=cases.backward_cases,
        reference=solutions.conv1d_backward,
        oracle="conv1d",
        faulty=faulty.backward_with,
        pointless=("numpy.correlate", "numpy.convolve"),
        misconceptions=(
            Misconception(
                "kernel-not-flipped",
                "This is what you get when dout meets the kernel as it is, not flipped.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "padding-not-cropped",
                "This is the gradient of the padded x: the entries that belong to the padding are still there.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "cropped-at-one-end",
                "This is the gradient of the padded x, cut to the length of x at the end only.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "backward-always-same",
                'This is what you get when dout is padded by half a kernel, which is right for "same" only.',
                "eq-conv1d-dx",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping contributions to dx replace each other: = where += is meant.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "dw-reversed",
                "This is dw in reversed order: the kernel is flipped for dx, and not for dw.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x instead of the padded x of the forward pass.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-averaged",
                "This is dw divided by the number of outputs: a mean where the chain rule has a sum.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "gradients-swapped",
                "These are dw and dx in each other's place: the function returns dx first, then dw.",
                "eq-conv1d-dx",
            ),
        ),
    ),
    Exercise(
        unit="conv1d",
        function="max_pool1d_backward",
        parameters="dout, x, k",
        outputs=(Output("dx", 3, "eq-conv1d-max-pool-dx"),),
        cases=cases.pool_cases,
        reference=solutions.max_pool1d_backward,
        oracle="max_pool1d",
        faulty=faulty.pool_with,
        forward=solutions.max_pool1d_forward,
        kinked=("ties",),
        misconceptions=(
            Misconception(
                "handed-to-everyone",
                "This is what you get when every entry of a run receives the run's dout, as if the run were added up.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "handed-to-all-equals",
                "This is what you get when all entries that equal the maximum receive dout, and not only one of them.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "last-of-equals",
                "This is what you get when the last of several largest entries receives dout: here it is the first.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "largest-in-size",
                "This is what you get when the entry that is largest without its sign is taken for the maximum.",
                "eq-conv1d-max-pool-forward",
            ),
            Misconception(
                "remainder-dropped",
                "This is what you get when a last run that is shorter than k is left out.",
                "eq-conv1d-max-pool-forward",
            ),
            Misconception(
                "place-in-the-run",
                "This is what you get when the place of the maximum within its run is used as its place in x.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "multiplied-by-x",
                "This is what you get when dout is multiplied by the maximum itself on its way back.",
                "eq-conv1d-max-pool-dx",
            ),
        ),
    ),
)
