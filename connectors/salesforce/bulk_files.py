"""The files of bulk jobs: written and read as bytes, because quoted line breaks and umlauts must survive."""

import csv
import io
from collections.abc import Mapping, Sequence

from connectors.errors import ProtocolError
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.ids import is_record_id, long_id
from connectors.salesforce.values import Fitted, csv_cell

__all__ = ["csv_file", "read_results"]


def csv_file(names: Sequence[str], ids: Sequence[str], rows: Sequence[Mapping[str, Fitted]]) -> bytes:
    """The file of an update: UTF-8 without a mark, lines that end in LF, every cell quoted, none empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["Id", *names])
    writer.writerows(
        [record_id, *(csv_cell(values[name]) for name in names)]
        for record_id, values in zip(ids, rows, strict=True)
    )
    return out.getvalue().encode()


def read_results(client: SalesforceClient, path: str) -> list[tuple[str, str]]:
    """Id and error of each row of one file of results; the error is empty where the file has none.

    Raises:
        ProtocolError: It is no such file.
    """
    content = client.get(path, purpose="read the results of a bulk job").content
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
        rows = [row for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _broken(path) from error
    if not rows:
        return []
    # Our own column first: Salesforce leaves its own empty where it could not tell the record.
    places = [header.index(name) for name in ("Id", "sf__Id") if name in header]
    reason = header.index("sf__Error") if "sf__Error" in header else None
    if not places or any(len(row) != len(header) for row in rows):
        raise _broken(path)
    found = [
        (
            long_id(next((row[place] for place in places if row[place]), "")),
            row[reason] if reason is not None else "",
        )
        for row in rows
    ]
    if not all(is_record_id(record_id) for record_id, _ in found):
        raise _broken(path)
    return found


def _broken(path: str) -> ProtocolError:
    return ProtocolError(
        f"The file of results {path} cannot be read.",
        hint="Run again: it is read anew. If it stays, please report it.",
        code="salesforce.job.file",
    )
