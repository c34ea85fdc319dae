"""What is in the file? Lazy pixels, axes, calibration, channel names and the roles they play."""

from myograft.read.cellpose_weights import cellpose_record, cellpose_weights_path
from myograft.read.checksum import checksum
from myograft.read.describe import describe
from myograft.read.design_sheet import read_design_sheet
from myograft.read.donor_calibration import read_donor_calibration, read_fiber_calibration
from myograft.read.labels import LabelSource, open_labels, read_label_image, read_label_stack, read_labels
from myograft.read.pixels import close_all, read_plane
from myograft.read.reading_sheet import read_reading_sheet
from myograft.read.roles import match_roles
from myograft.read.settings import ChannelSettings, ReadSettings
from myograft.read.stack import open_stack
from myograft.read.weights import Weights, card_path, read_weights, weights_path

__all__ = [
    "ChannelSettings",
    "LabelSource",
    "ReadSettings",
    "Weights",
    "card_path",
    "cellpose_record",
    "cellpose_weights_path",
    "checksum",
    "close_all",
    "describe",
    "match_roles",
    "open_labels",
    "open_stack",
    "read_design_sheet",
    "read_donor_calibration",
    "read_fiber_calibration",
    "read_label_image",
    "read_label_stack",
    "read_labels",
    "read_plane",
    "read_reading_sheet",
    "read_weights",
    "weights_path",
]
