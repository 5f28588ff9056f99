"""Records that are held: which, whose value is kept, and how ours comes back."""

from collections.abc import Sequence

from crm_segments.views.text import counted, visible

__all__ = ["held_sentences"]


def held_sentences(number: int, noun: str, ids: Sequence[str]) -> tuple[str, str]:
    """What is held, and what can be done about it.

    Args:
        number: How many.
        noun: What a record is called.
        ids: The first few of them.
    """
    some = ", ".join(visible(each) for each in ids)
    more = f" and {number - len(ids):,} more" if ids and number > len(ids) else ""
    named = f" ({some}{more})" if ids else ""
    what = f"{counted(number, noun)} held{named}: someone else changed our fields, and their values are kept."
    way = (
        "To keep theirs, do nothing. To have ours again, put what crm-segments plan --csv FILE lists for the "
        "record back into all four fields."
    )
    return what, way
