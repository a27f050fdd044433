"""Being written by a third developer, with its tests, so that the work is shared out: leave this file to them."""
