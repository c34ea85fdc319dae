"""Columns of what a study says: the muscles, subjects and comparisons tables."""

from __future__ import annotations

from myograft.model.column import Column, count, flag, real, text

_PLACE = (
    text("arm", "What was done, as the design says; null where it does not."),
    text("time_point", "When, as the design says; null where it does not."),
)
_VARIABLE = (
    text("variable", "What is measured: a column of the sections table, or a ratio of two of its columns."),
    text("unit", "Unit of the values of this row."),
)

_BASIS = text(
    "donor_basis",
    "How donor nuclei were counted: called (by the machine, crude), corrected (for what controls say of its calls), read (two-phase estimate from reading), as reviewed (calls as readers left them: of fibers, which have no estimate); null for what is not of donors.",
)
_NONE = real(
    "none_found_high",
    "1",
    "Where nothing was called positive, or no donor nucleus is left after reading: upper 95 % bound of the value. One-sided 3 / n, divided by the sensitivity where controls say it, of what was called; that of the two-phase estimate of what was read. Null where there were some.",
)

MUSCLES: tuple[Column, ...] = (
    text("subject", "Patient or animal, as the design says."),
    text("muscle", "Muscle or biopsy, as the design says; '1' where it does not."),
    *_PLACE,
    *_VARIABLE,
    count("sections_n", "Sections in which the variable was measured; others do not count."),
    real("numerator", "1", "Sum over these sections; null where the variable is no ratio of sums."),
    real("denominator", "1", "Sum over these sections; null where the variable is no ratio of sums."),
    real(
        "value",
        "1",
        "Numerator over denominator (large sections count more), in the row's unit; null where nothing was measured.",
    ),
    real(
        "these_sections_low",
        "1",
        "Lower end of the 95 % interval for the sections that were looked at: all their nuclei were, so that only false and missed calls are uncertain, or what an audit left open. For donor_fraction_estimated, and for donor nuclei where calls of all sections were read; null for all else.",
    ),
    real("these_sections_high", "1", "Upper end of the same; null where no upper end is known."),
    real(
        "this_muscle_low",
        "1",
        "Lower end of the 95 % interval for the muscle, of which the sections are a sample: variation between them counts (ratio estimator, Cochran 1977; variance coefficient: jackknife); null with fewer than two sections, or where all show the same. Of donor_fraction_estimated with what controls leave open. Never narrower than the interval for the sections themselves.",
    ),
    real("this_muscle_high", "1", "Upper end of the same; null where no upper end is known."),
    _BASIS,
    real(
        "value_not_cut_off",
        "1",
        "Of donor_fraction_estimated: the value before it is cut off at 0 and 1. Negative where fewer were called than false calls explain; of use in means alone, which cut-off values would push up.",
    ),
    _NONE,
    count(
        "donor_critical_n",
        "Donor nuclei of these sections together from which they are detected (Currie 1968); of donor_fraction_estimated where nobody read and one calibration holds, null for others.",
    ),
    real(
        "donor_detection_limit_fraction",
        "1",
        "Smallest donor fraction that these sections together would detect with 95 % probability (Currie 1968).",
    ),
    flag(
        "donor_is_detected",
        "Whether as many were called, or a reader saw one; where not, a value of 0 means not detected, never none. Of donor_fraction_estimated.",
    ),
)

SUBJECTS: tuple[Column, ...] = (
    text("subject", "Patient or animal, as the design says."),
    *_PLACE,
    *_VARIABLE,
    count("muscles_n", "Muscles in which the variable was measured."),
    count("sections_n", "Sections in which it was measured."),
    real("value", "1", "Mean of the muscles' values, each counting once."),
    real("value_not_cut_off", "1", "The same of the muscles' values before they are cut off at 0 and 1."),
    count(
        "not_detected_n",
        "Muscles in which donor nuclei were not detected, or nothing was called positive: their zero is no certain one.",
    ),
    _NONE,
    _BASIS,
    real(
        "these_sections_low",
        "1",
        "Lower end of the 95 % interval of the value for the sections that were looked at; null unless each muscle has one. Muscles whose calls were corrected by one control share its error: then the mean of the muscles' ends, else their distances squared, added, rooted (Zou & Donner 2008).",
    ),
    real("these_sections_high", "1", "Upper end of the same."),
    real(
        "these_muscles_low",
        "1",
        "The same for the muscles that were looked at, of which the sections are a sample (from this_muscle_low); null unless each muscle has one.",
    ),
    real("these_muscles_high", "1", "Upper end of the same."),
    real(
        "this_subject_low",
        "1",
        "Lower end of the 95 % t interval for the subject, of which the muscles are a sample; null with one muscle, or where all show the same.",
    ),
    real("this_subject_high", "1", "Upper end of the same."),
)

COMPARISONS: tuple[Column, ...] = (
    text("factor", "What is compared: arm or time_point."),
    text("first", "First level; differences are first minus second."),
    text("second", "Second level."),
    *_VARIABLE,
    text("design", "paired (each subject has both levels) or unpaired (different subjects)."),
    count("first_subjects_n", "Subjects with a value at the first level that are compared."),
    count("second_subjects_n", "Subjects with a value at the second level that are compared."),
    count(
        "first_not_detected_n",
        "Of them those with a muscle in which donor nuclei were not detected, or nothing was called positive.",
    ),
    count("second_not_detected_n", "The same of the second level."),
    real(
        "first_mean",
        "1",
        "Mean of the first level's subjects; of donor_fraction_estimated from values that are not cut off at 0 (value_not_cut_off), whose mean is not pushed up where there are no donors.",
    ),
    real("second_mean", "1", "Mean of the second level's subjects."),
    real("first_sd", "1", "Standard deviation (ddof 1) between these subjects; null for one."),
    real("second_sd", "1", "The same of the second level."),
    real("difference", "1", "first_mean minus second_mean."),
    real(
        "difference_low",
        "1",
        "Lower end of the 95 % t interval of the difference (of paired differences, or Welch's); null with fewer than two subjects at a level, or where nothing varies between them.",
    ),
    real("difference_high", "1", "Upper end of the same."),
    real(
        "p",
        "1",
        "Two-sided p of the sign-flip test (paired) or the permutation test (unpaired) on subjects; null with fewer than two subjects at a level. Not adjusted for the number of variables.",
    ),
    real("least_p", "1", "Smallest p that so few subjects can give."),
    flag("p_is_exact", "Whether all rearrangements were looked at; else 99,999 were drawn."),
    real(
        "bootstrap_low",
        "1",
        "Lower end of the 95 % bootstrap interval over subjects; null below 20 pairs, or 20 subjects at either level.",
    ),
    real("bootstrap_high", "1", "Upper end of the same."),
    text("left_out", "Subjects without a value at a level they are needed at, by name; null if none."),
)
