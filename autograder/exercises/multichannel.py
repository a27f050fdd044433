"""The exercises of unit multichannel: a batch of images with channels, a bank of filters, forward and backward."""

import solutions
from autograder.cases import multichannel as cases
from autograder.faulty import multichannel as faulty
from autograder.spec import Exercise, Misconception, Output

FORWARD = "eq-multichannel-forward"
DX, DW, DB = "eq-multichannel-dx", "eq-multichannel-dw", "eq-multichannel-db"
TRANSPOSE = "eq-multichannel-transpose"

KERNEL_FLIPPED = Misconception(
    "kernel-flipped",
    "This is what you get when each filter is turned by 180 degrees before it slides over the image.",
    FORWARD,
)
PADDING_IGNORED = Misconception(
    "padding-ignored",
    "This is what you get when the images are not padded: the option padding has no effect.",
    FORWARD,
)
BIAS_MISSING = Misconception(
    "bias-missing",
    "This is what you get when the bias b is never added.",
    FORWARD,
)
BIAS_ONCE_A_CHANNEL = Misconception(
    "bias-once-a-channel",
    "This is what you get when the bias is added once for each channel instead of once for each output.",
    "eq-multichannel-planes",
)
FIRST_CHANNEL = Misconception(
    "first-channel-only",
    "This is what you get when only the first channel of the image meets the filter; the others are left out.",
    "eq-multichannel-one-filter",
)

EXERCISES = (
    Exercise(
        unit="multichannel",
        function="multichannel_forward_loops",
        parameters="x, w, b=None, *, padding=0",
        outputs=(Output("out", 4, FORWARD),),
        cases=cases.forward_cases,
        reference=solutions.multichannel_forward_loops,
        oracle="forward",
        faulty=faulty.forward_faulty,
        pointless=(
            "numpy.einsum",
            "numpy.tensordot",
            "numpy.convolve",
            "numpy.correlate",
            "numpy.apply_along_axis",
            "sliding_window_view",
            "as_strided",
        ),
        misconceptions=(
            KERNEL_FLIPPED,
            PADDING_IGNORED,
            BIAS_MISSING,
            BIAS_ONCE_A_CHANNEL,
            FIRST_CHANNEL,
            Misconception(
                "bias-in-the-inner-loop",
                "This is what you get when the bias is added in the innermost loop, once for every product.",
                FORWARD,
            ),
            Misconception(
                "overwritten",
                "This is what you get when each product replaces the sum so far: = where += is meant.",
                FORWARD,
            ),
            Misconception(
                "first-image-only",
                "This is what you get when every output is computed from the first image of the batch.",
                FORWARD,
            ),
            Misconception(
                "first-filter-only",
                "This is what you get when every output map is computed with the first filter.",
                "eq-multichannel-filters",
            ),
            Misconception(
                "last-row-and-column-missing",
                "This is what you get when the loops over the places end one too early: the last row and the last "
                "column of each output map stay zero.",
                "eq-multichannel-output-size",
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_forward",
        parameters="x, w, b=None, *, padding=0",
        outputs=(Output("out", 4, FORWARD),),
        cases=cases.forward_cases,
        reference=solutions.multichannel_forward,
        oracle="forward",
        faulty=faulty.forward_faulty,
        pointless=("multichannel_forward_loops", "numpy.convolve", "numpy.correlate", "numpy.vectorize"),
        misconceptions=(
            KERNEL_FLIPPED,
            PADDING_IGNORED,
            BIAS_MISSING,
            BIAS_ONCE_A_CHANNEL,
            FIRST_CHANNEL,
            Misconception(
                "channels-reversed",
                "This is what you get when the filter's channels are read in reversed order.",
                "eq-multichannel-one-filter",
            ),
            Misconception(
                "filters-added",
                "This is what you get when each window meets all filters, and the products are summed over these, too.",
                "eq-multichannel-filters",
            ),
            Misconception(
                "averaged",
                "This is what you get when the products of a window are averaged instead of summed.",
                "eq-multichannel-core",
            ),
            Misconception(
                "entries-in-another-order",
                "This is what you get when the window is flattened as rows, columns, channels, and the filter as "
                "channels, rows, columns.",
                "eq-multichannel-core",
            ),
            Misconception(
                "axes-not-moved",
                "This is what you get when an array with the filters on its last axis is given the right shape by "
                "reshape, which moves no axis.",
                "eq-multichannel-layout",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                FORWARD,
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 6, DX), Output("dw", 4, DW), Output("db", 2, DB)),
        cases=cases.backward_cases,
        reference=solutions.multichannel_backward,
        oracle="backward",
        forward=solutions.multichannel_forward,
        faulty=faulty.backward_faulty,
        misconceptions=(
            Misconception(
                "dx-kernel-flipped",
                "This is what you get when the filters meet the padded dout as they are, not turned by 180 degrees.",
                "eq-multichannel-flipped-dx",
            ),
            Misconception(
                "dx-channels-flipped",
                "This is what you get when all axes of w are reversed, those of the filters and channels as well.",
                "eq-multichannel-flipped-dx",
            ),
            Misconception(
                "dx-channels-mixed",
                "This is what you get when the filters are summed over their channels: all channels of dx are alike.",
                DX,
            ),
            Misconception(
                "dx-last-filter-only",
                "This is the share of the last filter alone: the other filters' shares of dx are lost.",
                DX,
            ),
            Misconception(
                "dx-overlaps-overwritten",
                "This is what you get when overlapping windows replace each other's shares of dx: = where += is meant.",
                DX,
            ),
            Misconception(
                "dx-not-cropped",
                "This is the gradient of the padded images: the entries that belong to the padding are still there.",
                DX,
            ),
            Misconception(
                "dx-cropped-at-one-end",
                "This is the gradient of the padded images, cut to the size of x at the bottom and on the right only.",
                DX,
            ),
            Misconception(
                "dw-last-image-only",
                "This is dw of the last image of the batch alone, not of all images.",
                DW,
            ),
            Misconception(
                "dw-averaged",
                "This is dw divided by the number of images: a mean where the chain rule has a sum.",
                DW,
            ),
            Misconception(
                "dw-channels-mixed",
                "This is what you get when x is summed over its channels, so that all channels of dw are alike.",
                DW,
            ),
            Misconception(
                "dw-flipped",
                "This is dw turned by 180 degrees: the kernel is flipped for dx, and not for dw.",
                DW,
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x instead of the padded x of the forward pass.",
                DW,
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                DW,
            ),
            Misconception(
                "db-averaged",
                "This is the mean of dout over images, rows and columns where the chain rule has a sum.",
                DB,
                faulty.backward_mean_db,
            ),
            Misconception(
                "db-one-image",
                "This is db of the last image of the batch alone, not of all images.",
                DB,
                faulty.backward_db_of_one_image,
            ),
            Misconception(
                "db-over-wrong-axes",
                "This is dout summed over filters, rows and columns: one number an image.",
                DB,
                faulty.backward_db_by_image,
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                DW,
            ),
            Misconception(
                "gradients-swapped",
                "These are dw and dx in each other's place: the function returns dx first, then dw, then db.",
                DX,
                faulty.backward_swapped,
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_conv_transpose",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 4, TRANSPOSE),),
        cases=cases.transpose_cases,
        reference=solutions.multichannel_conv_transpose,
        oracle="transpose",
        faulty=faulty.transpose_faulty,
        pointless=("numpy.convolve", "numpy.correlate"),
        misconceptions=(
            Misconception(
                "not-flipped",
                "This is what you get when the filters slide over the padded x as they are, not turned by 180 degrees.",
                TRANSPOSE,
            ),
            Misconception(
                "all-axes-flipped",
                "This is what you get when all four axes of w are reversed, those of the filters and channels as well.",
                TRANSPOSE,
            ),
            Misconception(
                "columns-flipped-only",
                "This is what you get when only the last axis of w is reversed.",
                TRANSPOSE,
            ),
            Misconception(
                "first-map-only",
                "This is the share of the first map of x alone: the other maps' shares are lost.",
                TRANSPOSE,
            ),
            Misconception(
                "channels-added",
                "This is what you get when the filters are summed over their channels: all output maps are alike.",
                TRANSPOSE,
            ),
            Misconception(
                "shares-overwritten",
                "This is what you get when overlapping shares of the output replace each other: = where += is meant.",
                TRANSPOSE,
            ),
            Misconception(
                "nothing-cropped",
                "This is the full result: the border that padding takes away is still there.",
                TRANSPOSE,
            ),
            Misconception(
                "cropped-at-the-end-only",
                "This is the full result, cut to the right size at the bottom and on the right only.",
                TRANSPOSE,
            ),
        ),
    ),
)
