"""How do results get onto the disk? OME-Zarr, tables and records, each whole or not at all."""

from myograft.write.atomic import output_errors, replace_file, write_text
from myograft.write.journal_draft import JournalDraft
from myograft.write.journal_file import JournalFile
from myograft.write.journal_lines import JournalContent, look_at_journal, read_journal
from myograft.write.labels import (
    copy_labels,
    create_labels,
    drop_labels,
    read_labels_block,
    write_labels_block,
    write_level_block,
)
from myograft.write.lazy import StoredChannel, lazy_levels, stored_channel
from myograft.write.lock import WriterLock, only_one
from myograft.write.masks import read_mask, write_mask
from myograft.write.ngff import level_shapes
from myograft.write.ome_tiff import write_label_tiff, write_ome_tiff
from myograft.write.ome_zarr import OVERVIEW_HALVINGS, create_image, take_image, write_image_block
from myograft.write.provenance import read_provenance, software_versions, write_provenance
from myograft.write.publish import check_no_corrections, publish_folder
from myograft.write.pyramid import (
    build_coarser_level,
    coarser_regions,
    levels_n,
    packed_fraction,
    stored_shape,
)
from myograft.write.scratch import read_scratch, write_scratch
from myograft.write.slides import write_index, write_slides
from myograft.write.tables import read_table, write_table

__all__ = [
    "OVERVIEW_HALVINGS",
    "JournalContent",
    "JournalDraft",
    "JournalFile",
    "StoredChannel",
    "WriterLock",
    "build_coarser_level",
    "check_no_corrections",
    "coarser_regions",
    "copy_labels",
    "create_image",
    "create_labels",
    "drop_labels",
    "lazy_levels",
    "level_shapes",
    "levels_n",
    "look_at_journal",
    "only_one",
    "output_errors",
    "packed_fraction",
    "publish_folder",
    "read_journal",
    "read_labels_block",
    "read_mask",
    "read_provenance",
    "read_scratch",
    "read_table",
    "replace_file",
    "software_versions",
    "stored_channel",
    "stored_shape",
    "take_image",
    "write_image_block",
    "write_index",
    "write_label_tiff",
    "write_labels_block",
    "write_level_block",
    "write_mask",
    "write_ome_tiff",
    "write_provenance",
    "write_scratch",
    "write_slides",
    "write_table",
    "write_text",
]
