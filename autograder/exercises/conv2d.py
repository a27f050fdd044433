"""The exercises of unit conv2d: one plane and one kernel, forward, backward and transposed; a small classifier."""

import solutions
from autograder.cases import conv2d as cases
from autograder.faulty import conv2d as faulty
from autograder.spec import Exercise, Misconception, Output

NOT_FLIPPED = (
    Misconception(
        "kernel-not-flipped",
        "This is what you get when the kernel is not flipped at all.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "flipped-over-rows-only",
        "This is what you get when only the order of the kernel's rows is reversed, as w[::-1] does it.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "flipped-over-columns-only",
        "This is what you get when only the order of the kernel's columns is reversed.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "kernel-transposed",
        "This is what you get when the kernel's rows and columns are exchanged, as w.T does it.",
        "eq-conv2d-flipped-dx",
    ),
)

EXERCISES = (
    Exercise(
        unit="conv2d",
        function="plane_conv_forward",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 3, "eq-conv2d-forward"),),
        cases=cases.forward_cases,
        reference=solutions.plane_conv_forward,
        oracle="plane_conv",
        faulty=faulty.forward_faulty,
        misconceptions=(
            Misconception(
                "kernel-flipped",
                "This is what you get when the kernel is flipped over both axes before it slides over x.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "kernel-transposed",
                "This is what you get when the kernel's rows and columns are exchanged.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "padding-ignored",
                "This is what you get when x is not padded: the option padding has no effect.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "padded-above-and-below-only",
                "This is what you get when rows of zeros are added above and below x, and no columns beside it.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "padded-at-one-corner",
                "This is what you get when all the zeros are put above and to the left of x.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "always-same",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "last-row-and-column-missing",
                "This is what you get when out has one row and one column less than there are places for the kernel.",
                "eq-conv2d-output-size",
            ),
            Misconception(
                "overwritten",
                "This is what you get when each product replaces the sum so far: = where += is meant.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "output-transposed",
                "This is what you get when the rows of out are filled as its columns.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                "eq-conv2d-forward",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="plane_conv_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 5, "eq-conv2d-dx"), Output("dw", 3, "eq-conv2d-dw")),
        cases=cases.backward_cases,
        reference=solutions.plane_conv_backward,
        oracle="plane_conv",
        faulty=faulty.backward_faulty,
        misconceptions=(
            *NOT_FLIPPED,
            Misconception(
                "padding-not-cropped",
                "This is what you get when the border that belongs to the padding is still around dx.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "cropped-at-one-corner",
                "This is what you get when the gradient of the padded x is cut at its end only, as [:H, :W] does it.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "cropped-by-negative-indices",
                "This is what you get when the border is cut off by [padding:-padding], which is empty at padding 0.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "always-half-a-kernel",
                "This is what you get when dout is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-flipped-dx",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping shares of dx replace each other: = where += is meant.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "dw-flipped",
                "This is what you get when dw is flipped over both axes.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x as it was before the padding.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-averaged",
                "This is what you get when dw is divided by the number of outputs: a mean for a sum.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "gradients-swapped",
                "This is what you get when the function returns dw first and dx second.",
                "eq-conv2d-dx",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="plane_conv_transpose",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 4, "eq-conv2d-transpose"),),
        cases=cases.transpose_cases,
        reference=solutions.plane_conv_transpose,
        oracle="plane_conv_transpose",
        faulty=faulty.transpose_faulty,
        misconceptions=(
            *NOT_FLIPPED,
            Misconception(
                "padding-not-cropped",
                "This is what you get when padding has no effect: the result is as large as with padding 0.",
                "eq-conv2d-transpose-size",
            ),
            Misconception(
                "padding-added",
                "This is what you get when padding makes the result larger, as it does in a forward pass.",
                "eq-conv2d-transpose-size",
            ),
            Misconception(
                "always-half-a-kernel",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "cropped-at-one-corner",
                "This is what you get when all that padding takes away is taken below and to the right.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "cropped-by-negative-indices",
                "This is what you get when the border is cut off by [padding:-padding], which is empty at padding 0.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping copies of the kernel replace each other: = where += is meant.",
                "eq-conv2d-transpose",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="two_kernel_scores",
        parameters="x, w1, w2, W",
        outputs=(Output("s", 2, "eq-conv2d-problem-scores"),),
        cases=cases.scores_cases,
        reference=solutions.two_kernel_scores,
        oracle="two_kernel_scores",
        tolerance=1e-6,
        faulty=faulty.scores_faulty,
        misconceptions=(
            Misconception(
                "relu-forgotten",
                "This is what you get when negative entries reach the pooling: the ReLU is missing.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "mean-for-maximum",
                "This is what you get when a map is pooled to its mean.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "sum-for-maximum",
                "This is what you get when a map is pooled to its sum.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "first-kernel-twice",
                "This is what you get when both maps come from the first kernel.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "kernels-flipped",
                "This is what you get when the kernels are flipped over both axes before they slide over x.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "maps-padded",
                "This is what you get when x is padded by half a kernel.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "W-transposed",
                "This is what you get when the rows and columns of W are exchanged.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "softmax-applied",
                "This is what you get when the softmax has already been applied to the scores.",
                "eq-conv2d-problem-scores",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="two_kernel_gradients",
        parameters="x, w1, w2, W, y",
        outputs=(
            Output("dx", 2, "eq-conv2d-problem-dx"),
            Output("dw1", 1, "eq-conv2d-problem-dw"),
            Output("dw2", 1, "eq-conv2d-problem-dw"),
            Output("dW", 1, "eq-conv2d-problem-ds"),
        ),
        cases=cases.classifier_cases,
        reference=solutions.two_kernel_gradients,
        oracle="two_kernel_gradients",
        tolerance=1e-6,
        faulty=faulty.gradients_faulty,
        misconceptions=(
            Misconception(
                "label-not-subtracted",
                "This is what you get when the gradient of the scores is the softmax alone, as if y did not matter.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "classes-counted-from-one",
                "This is what you get when the first class is called 1 in place of 0.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "sign-turned",
                "This is what you get when the loss is log p[y] instead of −log p[y].",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "W-not-transposed",
                "This is what you get when the gradient goes back through W as if it went forward.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "dW-transposed",
                "This is what you get when the rows and columns of dW are exchanged.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "relu-mask-forgotten",
                "This is what you get when the gradient passes a ReLU whose input was negative.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "shared-out-among-maxima",
                "This is what you get when equal maxima share the gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "whole-to-all-maxima",
                "This is what you get when each of several equal maxima gets the whole gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "last-maximum",
                "This is what you get when the last of several equal maxima gets the gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "dx-of-the-last-kernel-only",
                "This is what you get when the second kernel's share of dx replaces the first one's.",
                "eq-conv2d-problem-dx",
            ),
        ),
    ),
)
