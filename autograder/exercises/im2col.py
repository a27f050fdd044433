"""The exercises of unit im2col: windows as columns and back, convolution as a matrix product, its dense matrix."""

import solutions
from autograder.cases import im2col as cases
from autograder.faulty import im2col as faulty
from autograder.spec import Exercise, Misconception, Output


def mistakes(reread, **sentences):
    """Misconceptions that the exercise's faulty implementation makes; each sentence goes on after "… when"."""
    return tuple(
        Misconception(name.replace("_", "-"), f"This is what you get when {sentence}", reread)
        for name, sentence in sentences.items()
    )


WINDOW = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"

#: What makes a layer on tensors pointless to write.
TENSOR_SHORTCUTS = ("torch.nn", "torch.autograd", "conv2d", "conv_transpose2d", "requires_grad_", "backward")

EXERCISES = (
    Exercise(
        unit="im2col",
        function="im2col",
        parameters=f"x, kernel_size, *, {WINDOW}",
        outputs=(Output("cols", 4, "eq-im2col-im2col"),),
        cases=cases.im2col_cases,
        reference=solutions.im2col,
        oracle="im2col",
        faulty=faulty.faulty_im2col,
        pointless=("sliding_window_view", "as_strided"),
        misconceptions=mistakes(
            "eq-im2col-im2col",
            windows_in_rows="each window becomes a row: the transpose of what is asked for.",
            channels_last="the channels come last inside a column, after the two axes of the kernel.",
            window_down_first="each window is read column by column instead of row by row.",
            places_down_first="the window moves down first and then to the right, so the columns are in another order.",
            batch_not_moved="the axis of the images is not first when the array is reshaped, so images get mixed.",
            window_reversed="each window is read backwards, as if the kernel were flipped.",
            one_stride_for_both="the vertical stride is used in both directions.",
            padding_ignored="x is not padded at all.",
            sides_mixed_up="padding is taken as (left, right, top, bottom).",
            dilation_ignored="neighbouring pixels are taken although dilation asks for gaps between them.",
            last_places_missing="the last row and the last column of places are left out.",
            integer_columns="the columns are stored in an array of integers, which cuts off every fraction.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="col2im",
        parameters=f"cols, x_shape, kernel_size, *, {WINDOW}",
        outputs=(Output("x", 4, "eq-im2col-col2im"),),
        cases=cases.col2im_cases,
        reference=solutions.col2im,
        oracle="col2im",
        faulty=faulty.faulty_col2im,
        misconceptions=mistakes(
            "eq-im2col-col2im",
            last_place_stays="each column replaces what earlier columns have left: = where += is meant.",
            last_offset_stays="entries that meet in one pixel replace each other, one offset in the window after the "
            "other: from = where += is meant, or from += on an index array that names a pixel twice.",
            overlaps_averaged="every pixel is divided by the number of columns that meet in it.",
            padding_kept="the padding is still around the result.",
            cropped_from_the_corner="the result is cut to the size of x from its upper left corner, padding included.",
            cropped_by_negative_zero="the padding is cut off by a slice such as [p:-p], which is empty where p is 0.",
            rows_taken_for_columns="the rows of cols are taken for its columns.",
            channels_read_last="the channels are taken to come last inside a column.",
            read_down_first="cols is read with rows and columns exchanged, in the window and in the image.",
            window_turned="each window is turned by 180° before it is laid back.",
            places_side_by_side="windows that were taken with a stride are laid back side by side.",
            columns_not_spread="a window's entries are laid on neighbouring pixels although dilation has put gaps "
            "between them.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_conv_forward",
        parameters=f"x, w, b, *, {WINDOW}, groups=1",
        outputs=(Output("out", 4, "eq-im2col-forward"),),
        cases=cases.forward_cases,
        reference=solutions.im2col_conv_forward,
        oracle="conv_forward",
        faulty=faulty.faulty_forward,
        misconceptions=mistakes(
            "eq-im2col-forward",
            kernel_flipped="the kernel is flipped before it meets the windows.",
            filters_channels_last="a filter is flattened with its channels last, and a column with its channels first.",
            filters_down_first="a filter is flattened column by column, and a window row by row.",
            filters_reshaped_not_transposed="w is reshaped to the shape of a transpose, which is not the transpose.",
            output_batch_not_moved="the axis of the images is not first when out gets its shape, so images get mixed.",
            output_down_first="each plane of out is filled column by column.",
            dilation_not_passed_on="the columns are made without the dilation.",
        )
        + mistakes(
            "eq-im2col-bias",
            bias_missing="the bias is not added.",
            bias_along_the_places="the biases are spread along the places instead of the filters.",
        )
        + mistakes(
            "eq-im2col-groups",
            first_channels_only="the filters of every group look at the channels of the first group.",
            channels_interleaved="a group takes every G-th channel instead of neighbours; G is the number of groups.",
            filters_interleaved="a group takes every G-th filter instead of neighbours; G is the number of groups.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_conv_backward",
        parameters=f"dout, x, w, *, {WINDOW}, groups=1",
        outputs=(
            Output("dx", 4, "eq-im2col-dx"),
            Output("dw", 3, "eq-im2col-dw"),
            Output("db", 1, "eq-im2col-db"),
        ),
        cases=cases.backward_cases,
        reference=solutions.im2col_conv_backward,
        forward=solutions.im2col_conv_forward,
        oracle="conv_backward",
        faulty=faulty.faulty_backward,
        misconceptions=mistakes(
            "eq-im2col-db",
            db_averaged="db is the mean of dout over images and places, and not its sum.",
            db_one_row_an_image="db is not summed over the images.",
            db_summed_over_the_filters="db is summed over the filters, so that one number for each image is left.",
        )
        + mistakes(
            "eq-im2col-dw",
            dw_one_an_image="dw is not summed over the images.",
            dw_last_image="each image's share of dw replaces the one before: = where += is meant.",
            dw_averaged="dw is averaged over the images, and not summed.",
            dw_product_turned_round="the product has a row for each kernel entry and a column for each filter, and is "
            "reshaped to the shape of w as it is.",
        )
        + mistakes(
            "eq-im2col-dcols",
            filters_reshaped_for_dx="W is reshaped to the shape of its transpose, which is not the transpose.",
            kernel_turned_for_dx="the kernel is turned by 180° before the product.",
            dout_reshaped_across_the_batch="dout gets the filters as its first axis by a reshape alone, which mixes "
            "images and filters.",
            dout_taken_as_ones="every entry of dout is taken to be 1.",
        )
        + mistakes(
            "eq-im2col-dx",
            dx_overlaps_overwritten="shares that meet in one pixel of dx replace each other: = where += is meant.",
            dx_padding_kept="the gradient of the padding is still around dx.",
            dx_stride_forgotten="the columns are laid back side by side although the forward pass has a stride.",
            returned_in_reverse="the gradients are returned as db, dw, dx; asked for is the order dx, dw, db.",
        )
        + mistakes(
            "eq-im2col-groups",
            first_channels_for_all="the filters of every group are taken to look at the channels of the first group.",
            channels_every_other="a group takes every G-th channel instead of neighbours; G is the number of groups.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="filter_matrix",
        parameters=f"w, x_shape, *, {WINDOW}",
        outputs=(Output("matrix", 4, "eq-im2col-filter-matrix"),),
        cases=cases.matrix_cases,
        reference=solutions.filter_matrix,
        oracle="filter_matrix",
        faulty=faulty.faulty_matrix,
        misconceptions=mistakes(
            "eq-im2col-filter-matrix",
            matrix_transposed="the matrix has a row for each input and a column for each output.",
            each_row_shifted_by_one="each row is the row above, shifted by one place, even where the kernel jumps to "
            "the next line of the image.",
            rows_hold_the_flipped_kernel="the rows hold the flipped kernel.",
            matrix_stride_ignored="the kernel moves on by one pixel, whatever the stride says.",
            kernel_not_spread="the kernel's entries stand side by side although dilation puts gaps between them.",
            columns_of_the_padding="the columns that belong to the padding are still there.",
            cropped_at_the_far_ends="columns are cut off at the far ends only, and not where the padding is.",
            filters_take_turns="the rows of the filters take turns, place by place, and not filter by filter.",
            planes_last="the columns go through the planes at each pixel, and not plane by plane.",
            rows_down_first="the rows follow the outputs downwards first, and then to the right.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_memory",
        parameters=f"x_shape, w_shape, *, {WINDOW}, itemsize=8",
        outputs=(Output("columns", 1, "eq-im2col-memory"), Output("matrix", 1, "eq-im2col-matrix-memory")),
        cases=cases.memory_cases,
        reference=solutions.im2col_memory,
        oracle="memory",
        tolerance=1e-9,
        faulty=faulty.faulty_memory,
        misconceptions=mistakes(
            "eq-im2col-memory",
            batch_forgotten="the columns of one image are counted instead of those of the whole batch.",
            channels_forgotten="one plane is counted instead of all channels.",
            columns_once_a_filter="the columns are counted once for each filter; all filters share them.",
            stride_forgotten="the places of the window are counted as if the stride were 1.",
            padding_forgotten="the places of the window are counted as if there were no padding.",
            dilation_forgotten="the places of the window are counted as if the dilation were 1.",
            entries_not_bytes="the numbers are counted, and not their bytes.",
        )
        + mistakes(
            "eq-im2col-matrix-memory",
            one_filter_only="the rows of one filter are counted instead of those of all filters.",
            matrix_once_an_image="the matrix is counted once for each image; all images share it.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="tensor_conv_forward",
        parameters=f"x, w, b, *, {WINDOW}",
        outputs=(Output("out", 2, "eq-im2col-forward"),),
        cases=cases.tensor_forward_cases,
        reference=solutions.im2col_conv_forward,
        oracle="conv_forward",
        faulty=faulty.faulty_tensor_forward,
        tensors=True,
        pointless=TENSOR_SHORTCUTS,
        misconceptions=mistakes(
            "eq-im2col-forward",
            kernel_flipped="the kernel is flipped before it meets the windows.",
            filters_down_first="a filter is flattened column by column, and a window row by row.",
            output_batch_not_moved="the axis of the images is not first when out gets its shape, so images get mixed.",
            dilation_not_passed_on="the columns are made without the dilation.",
        )
        + mistakes("eq-im2col-bias", bias_missing="the bias is not added."),
    ),
    Exercise(
        unit="im2col",
        function="tensor_conv_backward",
        parameters=f"dout, x, w, *, {WINDOW}",
        outputs=(
            Output("dx", 2, "eq-im2col-dx"),
            Output("dw", 1, "eq-im2col-dw"),
            Output("db", 1, "eq-im2col-db"),
        ),
        cases=cases.tensor_backward_cases,
        reference=solutions.im2col_conv_backward,
        forward=solutions.im2col_conv_forward,
        oracle="conv_backward",
        faulty=faulty.faulty_tensor_backward,
        tensors=True,
        pointless=TENSOR_SHORTCUTS,
        misconceptions=mistakes(
            "eq-im2col-db", db_averaged="db is the mean of dout over images and places, not its sum."
        )
        + mistakes(
            "eq-im2col-dw",
            dw_last_image="each image's share of dw replaces the one before: = where += is meant.",
            dw_averaged="dw is averaged over the images, and not summed.",
        )
        + mistakes(
            "eq-im2col-dcols",
            kernel_turned_for_dx="the kernel is turned by 180° before the product.",
            dout_taken_as_ones="every entry of dout is taken to be 1.",
        ),
    ),
)
