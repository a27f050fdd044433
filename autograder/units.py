"""The course's units in order, and where the book explains an equation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One unit: the same name in book, solutions, exercises and assignments."""

    name: str
    number: int
    title: str

    @property
    def page(self) -> str:
        return f"ch{self.number:02d}_{self.name}"


UNITS = {
    unit.name: unit
    for unit in (
        Unit("backprop", 1, "Backpropagation"),
        Unit("conv1d", 2, "Convolution in one dimension"),
        Unit("conv2d", 3, "Convolution in two dimensions"),
        Unit("multichannel", 4, "Many channels"),
        Unit("stride", 5, "Padding, stride and dilation"),
        Unit("im2col", 6, "Convolution as matrix multiplication"),
        Unit("locally_connected", 7, "Locally connected layers"),
        Unit("spatial_batchnorm", 8, "Spatial batch normalisation"),
        Unit("fast", 9, "Fast convolution"),
        Unit("network", 10, "A whole network"),
    )
}


def unit_of_label(label: str) -> Unit:
    """The unit whose chapter holds equation `label`, e.g. `eq-conv1d-dx`.

    Raises:
        ValueError: the label is not of the form eq-<unit>-<quantity>.
    """
    for unit in UNITS.values():
        if label.startswith(f"eq-{unit.name.replace('_', '-')}-"):
            return unit
    raise ValueError(f"expected a label eq-<unit>-<quantity> with one of {', '.join(UNITS)}, got {label!r}")


def page_link(label: str) -> str:
    """Where the site shows equation `label`, relative to the site's root."""
    return f"book/{unit_of_label(label).page}.html#equation-{label}"
