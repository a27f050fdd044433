"""The exercises of unit stride: padding on four sides, stride and dilation, forward and backward, and upsampling."""

import solutions
from autograder.cases import stride as cases
from autograder.faulty import stride as faulty
from autograder.spec import Exercise, Misconception, Output

SIZE_MISCONCEPTIONS = (
    Misconception(
        "padding-counted-once",
        "This is what you get when the padding is added at one end of the axis only.",
        "eq-stride-output-size",
    ),
    Misconception(
        "one-padding-for-both-ends",
        "This is what you get when the first number of a pair of paddings is used at both ends.",
        "eq-stride-output-size",
    ),
    Misconception(
        "stride-ignored",
        "This is what you get when the window stops at every place, whatever the stride is.",
        "eq-stride-output-size",
    ),
    Misconception(
        "dilation-ignored",
        "This is what you get when the kernel covers as many inputs as it has entries, whatever the dilation is.",
        "eq-stride-reach",
    ),
    Misconception(
        "kernel-times-dilation",
        "This is what you get when one more gap is counted behind the last entry of the dilated kernel.",
        "eq-stride-reach",
    ),
    Misconception(
        "not-rounded",
        "This is what you get when the remainder of the division stays as a fraction of a place.",
        "eq-stride-output-size",
    ),
    Misconception(
        "rounded-up",
        "This is what you get when a window that hangs over the end of the axis is counted as a place.",
        "eq-stride-output-size",
    ),
    Misconception(
        "first-place-not-counted",
        "This is what you get when the steps of the window are counted, and not the places where it stands.",
        "eq-stride-output-size",
    ),
)

FORWARD_MISCONCEPTIONS = (
    Misconception(
        "padding-ignored",
        "This is what you get when x is not padded: the option padding has no effect.",
        "eq-stride-pad",
    ),
    Misconception(
        "padding-sides-swapped",
        "This is what you get when padding is read as (left, right, top, bottom).",
        "eq-stride-pad",
    ),
    Misconception(
        "padding-taken-as-symmetric",
        "This is what you get when top is also used at the bottom, and left on the right.",
        "eq-stride-pad",
    ),
    Misconception(
        "stride-ignored",
        "This is what you get when the window stops at every row and column: the option stride has no effect.",
        "eq-stride-forward",
    ),
    Misconception(
        "stride-in-size-only",
        "This is what you get when out has the size that the stride asks for, "
        "but the window still moves by one row and column.",
        "eq-stride-forward",
    ),
    Misconception(
        "stride-axes-swapped",
        "This is what you get when stride is read as (horizontal, vertical).",
        "eq-stride-forward",
    ),
    Misconception(
        "dilation-ignored",
        "This is what you get when the kernel's entries lie side by side: the option dilation has no effect.",
        "eq-stride-reach",
    ),
    Misconception(
        "stride-and-dilation-swapped",
        "This is what you get when stride and dilation are in each other's place: "
        "the one spreads the kernel's entries, the other moves the window.",
        "eq-stride-forward",
    ),
    Misconception(
        "last-window-hangs-over",
        "This is what you get when a last window that does not fit any more is filled up with zeros and counted.",
        "eq-stride-output-size",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it slides over x.",
        "eq-stride-forward",
    ),
    Misconception(
        "bias-forgotten",
        "This is what you get when b is not added to out.",
        "eq-stride-forward",
    ),
)

BACKWARD_MISCONCEPTIONS = (
    Misconception(
        "stride-forgotten",
        "This is what you get when the windows of the backward pass stand side by side, without the stride.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "dilation-forgotten",
        "This is what you get when the kernel's entries lie side by side in the backward pass, without the dilation.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "overlaps-overwritten",
        "This is what you get when each window replaces what earlier windows left in dx: = where += is meant.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it is embedded in dx.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "padding-not-cropped",
        "This is what you get when the gradient of the padded x is returned: the padding is still around it.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-with-negative-index",
        "This is what you get when the padding is cut off as [top:-bottom, left:-right]: "
        "where bottom or right is 0, nothing is left.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-at-one-end",
        "This is what you get when the gradient of the padded x is cut to the size of x at the bottom and right only.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "dw-overwritten",
        "This is what you get when each place's share of dw replaces the sum so far: = where += is meant.",
        "eq-stride-dw",
    ),
    Misconception(
        "dw-of-last-image",
        "This is what you get when dw holds the share of the last image only.",
        "eq-stride-dw",
    ),
    Misconception(
        "dw-averaged",
        "This is what you get when dw is divided by the number of images and places: "
        "a mean where the chain rule has a sum.",
        "eq-stride-dw",
    ),
    Misconception(
        "db-for-each-place",
        "This is what you get when dout is summed over the images only, so that each place keeps a db of its own.",
        "eq-stride-db",
    ),
    Misconception(
        "db-for-each-image",
        "This is what you get when dout is summed over the places only, so that each image keeps a db of its own.",
        "eq-stride-db",
    ),
    Misconception(
        "db-averaged",
        "This is what you get when db is the mean of dout over images and places, where the chain rule has a sum.",
        "eq-stride-db",
    ),
    Misconception(
        "dout-taken-as-ones",
        "This is what you get when every entry of dout is taken to be 1.",
        "eq-stride-dx",
    ),
)

INSERT_MISCONCEPTIONS = (
    Misconception(
        "ends-with-last-entry",
        "This is what you get when the result ends with the last entry of x, and the zeros behind it are missing.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "zeros-after-every-entry",
        "This is what you get when every entry, the last one too, is followed by all its zeros, whatever size says.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "one-zero-too-many",
        "This is what you get when as many zeros as the stride are put between two entries.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "stride-axes-swapped",
        "This is what you get when stride is read as (horizontal, vertical).",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "columns-not-spread",
        "This is what you get when zeros are put between the rows and not between the columns.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "entries-repeated",
        "This is what you get when each entry is repeated where the zeros belong.",
        "eq-stride-insert-zeros",
    ),
)


def forward_of_shape(w, x_shape, x, **options):
    """The forward pass to `strided_conv_dx_by_zeros`, with all of its arguments."""
    return solutions.strided_conv_forward(x, w, **options)


DX_MISCONCEPTIONS = (
    Misconception(
        "zeros-not-inserted",
        "This is what you get when dout meets the kernel as it is, without zeros between its entries.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "entries-repeated",
        "This is what you get when the entries of dout are repeated where the zeros belong.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "ends-with-last-entry",
        "This is what you get when no zeros stand behind the last entry of dout for the remainder of the stride.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "kernel-not-flipped",
        "This is what you get when the kernel is not flipped before it slides over the spread dout.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "flipped-in-rows-only",
        "This is what you get when the kernel is flipped from top to bottom, and not from left to right.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "channels-flipped",
        "This is what you get when the channels of w are reversed together with its rows and columns.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "kernel-not-dilated",
        "This is what you get when the kernel's entries lie side by side as they slide over the spread dout.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "padded-as-forward",
        "This is what you get when the spread dout is padded as x was in the forward pass.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "padding-not-cropped",
        "This is what you get when the gradient of the padded x is returned: the padding is still around it.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-at-one-end",
        "This is what you get when the gradient of the padded x is cut to the size of x at the bottom and right only.",
        "eq-stride-pad-jacobian",
    ),
)

TRANSPOSE_MISCONCEPTIONS = (
    Misconception(
        "stride-ignored",
        "This is what you get when neighbouring inputs put their kernels one row or column apart, "
        "whatever the stride is.",
        "eq-stride-transpose",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it is embedded in out.",
        "eq-stride-transpose",
    ),
    Misconception(
        "overlaps-overwritten",
        "This is what you get when each kernel replaces what earlier ones left in out: = where += is meant.",
        "eq-stride-transpose",
    ),
    Misconception(
        "padding-added",
        "This is what you get when zeros are put around out, where rows and columns should be cut off.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "padding-ignored",
        "This is what you get when nothing is cut off from out: the option padding has no effect.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "padding-taken-as-symmetric",
        "This is what you get when top is also cut off at the bottom, and left on the right.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "output-padding-ignored",
        "This is what you get when the option output_padding has no effect.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "output-padding-in-front",
        "This is what you get when output_padding adds its rows at the top and its columns on the left.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "bias-forgotten",
        "This is what you get when b is not added to out.",
        "eq-stride-transpose",
    ),
    Misconception(
        "bias-with-every-window",
        "This is what you get when each embedded kernel brings its own b, so that overlaps count it several times.",
        "eq-stride-transpose",
    ),
)

GEOMETRY = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"

EXERCISES = (
    Exercise(
        unit="stride",
        function="output_size",
        parameters="size, kernel, *, stride=1, padding=0, dilation=1",
        outputs=(Output("out", 2, "eq-stride-output-size"),),
        cases=cases.size_cases,
        reference=solutions.output_size,
        oracle="output_size",
        misconceptions=SIZE_MISCONCEPTIONS,
        faulty=faulty.output_size_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_forward",
        parameters=f"x, w, b, *, {GEOMETRY}",
        outputs=(Output("out", 5, "eq-stride-forward"),),
        cases=cases.forward_cases,
        reference=solutions.strided_conv_forward,
        oracle="strided_conv",
        misconceptions=FORWARD_MISCONCEPTIONS,
        faulty=faulty.forward_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_backward",
        parameters=f"dout, x, w, *, {GEOMETRY}",
        outputs=(
            Output("dx", 5, "eq-stride-embed-dx"),
            Output("dw", 3, "eq-stride-dw"),
            Output("db", 1, "eq-stride-db"),
        ),
        cases=cases.backward_cases,
        reference=solutions.strided_conv_backward,
        oracle="strided_conv_gradients",
        misconceptions=BACKWARD_MISCONCEPTIONS,
        faulty=faulty.backward_faulty,
        forward=solutions.strided_conv_forward,
    ),
    Exercise(
        unit="stride",
        function="insert_zeros",
        parameters="x, stride, size",
        outputs=(Output("spread", 2, "eq-stride-insert-zeros"),),
        cases=cases.insert_cases,
        reference=solutions.insert_zeros,
        oracle="insert_zeros",
        misconceptions=INSERT_MISCONCEPTIONS,
        faulty=faulty.insert_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_dx_by_zeros",
        parameters=f"dout, w, x_shape, *, {GEOMETRY}",
        outputs=(Output("dx", 4, "eq-stride-dx-by-zeros"),),
        cases=cases.dx_cases,
        reference=solutions.strided_conv_dx_by_zeros,
        oracle="strided_conv_dx",
        misconceptions=DX_MISCONCEPTIONS,
        faulty=faulty.dx_faulty,
        forward=forward_of_shape,
    ),
    Exercise(
        unit="stride",
        function="conv_transpose2d",
        parameters="x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0)",
        outputs=(Output("out", 4, "eq-stride-transpose"),),
        cases=cases.transpose_cases,
        reference=solutions.conv_transpose2d,
        oracle="conv_transpose2d",
        misconceptions=TRANSPOSE_MISCONCEPTIONS,
        faulty=faulty.transpose_faulty,
    ),
)
