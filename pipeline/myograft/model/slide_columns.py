"""Columns of the table that says what became of every input."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real, text

SLIDES: tuple[Column, ...] = (
    text("slide_id", "Slide: name of the input file without extensions, made unique within a run."),
    text("input_path", "The input as it was given."),
    text(
        "status",
        "done, reused (a finished result with the same settings was there), failed, or incomplete (what is done is kept, and the same command goes on).",
    ),
    text("reason", "Why it failed or is incomplete, and what to do; null when it is done."),
    text("measured_roles", "Roles that were measured, separated by spaces."),
    text("warnings", "Assumptions made and parts left out, separated by ' | '; null without any."),
    count("fibers_n", "All fibers of the slide; null when not measured."),
    count("nuclei_n", "All nuclei of the slide; null when not measured."),
    count("donor_nuclei_n", "Donor nuclei of the slide; null when not measured."),
    real(
        "donor_nuclei_fraction",
        "1",
        "Donor nuclei over nuclei with an origin; crude; null when not measured.",
    ),
    real("csa_mean_um2", "um^2", "Mean CSA of the sized fibers; null when not measured."),
    real(
        "min_feret_mean_um", "um", "Mean minimal Feret diameter of the sized fibers; null when not measured."
    ),
    text("log", "Path of the slide's log, beginning at the folder of this table; null where there is none."),
    flag(
        "is_earlier",
        "Whether the row is what an earlier call into this folder wrote, and the last one had nothing new to say of.",
    ),
)
