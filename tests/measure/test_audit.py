"""A sample takes as many nuclei as asked for, each once, from every section, and none that was read before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from myograft.measure import draw_audit
from myograft.model.audit import CallStratum, Reading
from myograft.model.columns import TableName
from myograft.model.table import from_rows

CALLS = st.sampled_from(["donor", "near", "host", None])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CALLS, st.sampled_from("12")), max_size=120),
    st.integers(1, 60),
    st.sets(st.integers(1, 120)),
)
def test_a_sample(nuclei, sample_n, read):
    table = from_rows(
        TableName.NUCLEI,
        [
            {
                "section_id": section,
                "nucleus_id": number,
                "origin": "host" if call == "near" else call,
                "is_undecided": call == "near",
            }
            for number, (call, section) in enumerate(nuclei, start=1)
        ],
    )
    drawn = draw_audit(table, dict.fromkeys(read, Reading.HOST), sample_n, 7)
    said = dict(enumerate(nuclei, start=1))
    for section in {stratum.section_id for stratum in drawn}:
        parts = [stratum for stratum in drawn if stratum.section_id == section]
        assert [part.call for part in parts] == list(CallStratum)
        open_n = sum(call is not None and of == section and k not in read for k, (call, of) in said.items())
        assert sum(part.all_n for part in parts) == open_n
        assert sum(len(part.nucleus_ids) for part in parts) == min(sample_n, open_n)
        for part in parts:
            assert all(said[number] == (part.call, section) for number in part.nucleus_ids)
            assert not read & set(part.nucleus_ids)
            assert len(set(part.nucleus_ids)) == len(part.nucleus_ids)
    assert drawn == draw_audit(table, dict.fromkeys(read, Reading.HOST), sample_n, 7)
