"""Which characters a file's bytes mean, and whether it is a text file at all."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.wording import shown

__all__ = ["TextForm", "inspect_text"]

_CHUNK_BYTES = 1 << 20
_JUDGED_BYTES = 8 << 20
_CP1252_GAPS = b"\x81\x8d\x8f\x90\x9d"
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_FOREIGN_KINDS = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or a zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"%PDF": "a PDF file",
    b"PAR1": "a Parquet file",
}
_SAVE_AS_CSV = "Save it as 'CSV UTF-8 (comma delimited)' and put that file here"
_OPENING = {"Ps", "Pi"}
_OTHER_MARKS = {"Po", "Pf", "Pe", "Sc", "Sm", "So", "Sk", "No", "Cn", "Co"}


@dataclass(frozen=True, slots=True)
class TextForm:
    """How to open one file, and what to say about it."""

    encoding: str
    is_damaged: bool = False
    """Some bytes mean nothing in this encoding, or are zero; such lines must be told apart while reading."""
    notes: tuple[str, ...] = ()
    """What a person should know; empty for plain UTF-8."""


def inspect_text(path: Path) -> TextForm:
    """Decide how a file must be decoded, reading it once.

    UTF-8, with or without its mark, and UTF-16 with its mark are certain. Anything else is Windows-1252 or
    Mac-Roman, whichever puts fewer characters where none of their sort belongs (`CafŽ`, `ZŸrich`); when they
    are equal, line ends of the old Macintosh decide.

    Raises:
        BundleError: The file is empty, or is not text.
    """
    file = shown(path.name)
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise BundleError(f"{file} is empty.", hint="Export it again, or take the file out of the folder.")
    for magic, kind in _FOREIGN_KINDS.items():
        if head.startswith(magic):
            raise BundleError(f"{file} is not a CSV file but {kind}.", hint=f"{_SAVE_AS_CSV}.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _inspect_utf16(path, file)
    _refuse_binary(head, file)
    return _inspect_bytes(path)


def _refuse_binary(head: bytes, file: str) -> None:
    # A stray zero byte spoils its line only; many of them mean that this never was a text.
    if head.count(0) < 8 or head.count(0) * 100 < len(head):
        return
    if head[1::2].count(0) * 3 > len(head) or head[::2].count(0) * 3 > len(head):
        raise BundleError(
            f"{file} looks like UTF-16 text without its mark at the beginning.", hint=f"{_SAVE_AS_CSV}."
        )
    raise BundleError(f"{file} is not a CSV file: it holds binary data.", hint=f"{_SAVE_AS_CSV}.")


def _inspect_utf16(path: Path, file: str) -> TextForm:
    decoder = codecs.getincrementaldecoder("utf-16")()
    has_nul = False
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                has_nul = has_nul or "\0" in decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BundleError(
            f"{file} begins as UTF-16 text, but breaks off or is damaged.",
            hint=f"Export it again. {_SAVE_AS_CSV}.",
        ) from error
    return TextForm("utf-16", is_damaged=has_nul, notes=(f"{file}: read as UTF-16.",))


def _inspect_bytes(path: Path) -> TextForm:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, gap_count, zero_count, line_feeds, returns = True, 0, 0, 0, 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            zero_count += chunk.count(0)
            line_feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            is_utf8 = is_utf8 and _decodes(decoder, chunk, final=False)
            gap_count += len(chunk) - len(chunk.translate(None, _CP1252_GAPS))
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    file = shown(path.name)
    is_old_mac = returns > 0 and line_feeds == 0
    ends = (f"{file}: its lines end the old Macintosh way (CR only).",) if is_old_mac else ()
    if is_utf8:
        return TextForm("utf-8-sig", is_damaged=zero_count > 0, notes=ends)
    with path.open("rb") as stream:
        sample = stream.read(_JUDGED_BYTES)
    if _is_mostly_utf8(sample):
        return TextForm("utf-8-sig", is_damaged=True, notes=ends)
    encoding, reason = _choose_single_byte(sample, has_gaps=gap_count > 0, is_old_mac=is_old_mac)
    said = f"{file}: not UTF-8; read as {encoding} because {reason}."
    codec = {"Windows-1252": "cp1252", "Mac-Roman": "mac_roman"}[encoding]
    return TextForm(codec, is_damaged=zero_count > 0, notes=(said, *ends))


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether most of the special characters are whole in UTF-8, which no other encoding brings about."""
    decoded = sample.decode("utf-8", errors="replace")
    broken = decoded.count("\ufffd")
    whole = sum(1 for letter in decoded if letter > "\x7f") - broken
    return whole > broken


def _choose_single_byte(sample: bytes, *, has_gaps: bool, is_old_mac: bool) -> tuple[str, str]:
    if has_gaps:
        return "Mac-Roman", "it holds bytes that Windows-1252 does not know"
    misfits = {codec: _count_misfits(sample, codec) for codec in ("cp1252", "mac_roman")}
    if misfits["mac_roman"] < misfits["cp1252"]:
        return "Mac-Roman", "its accented letters fit into their words that way"
    if misfits["cp1252"] < misfits["mac_roman"]:
        return "Windows-1252", "its accented letters fit into their words that way"
    if is_old_mac:
        return "Mac-Roman", "its lines end the old Macintosh way"
    return "Windows-1252", "that is the usual one"


def _count_misfits(sample: bytes, codec: str) -> int:
    count = 0
    for number, match in enumerate(_HIGH_BYTE.finditer(sample)):
        if number == 50_000:
            break
        at = match.start()
        around = sample[at - 1 : at] if at else b" "
        before, letter, after = (
            part.decode(codec, errors="replace") or " "
            for part in (around, match.group(), sample[at + 1 : at + 2])
        )
        count += _is_misfit(before, letter, after)
    return count


def _is_misfit(before: str, letter: str, after: str) -> bool:
    """Whether a reader would stumble over this character between its neighbours."""
    if letter == "\N{RIGHT SINGLE QUOTATION MARK}":
        return False
    if letter.isalpha():
        return _is_case_misfit(before, letter, after)
    category = unicodedata.category(letter)
    if category in _OPENING or letter in "¿¡":
        return before.isalpha()
    if category == "Pd":
        return before.islower() and after.islower()
    return category in _OTHER_MARKS and after.isalpha()


def _is_case_misfit(before: str, letter: str, after: str) -> bool:
    if letter.isupper():
        return before.islower() or (before.isalpha() and after.islower())
    return after.isupper()
