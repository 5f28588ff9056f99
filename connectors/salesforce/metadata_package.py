"""Our fields and permission sets as a package for the Metadata API, to deploy from a sandbox to production.

Its files follow the Metadata API Developer Guide ("Sample package.xml Manifest Files", "CustomField",
"PermissionSet", read 2026-11): elements in the order of the schema, which is that of their names after
`fullName`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from connectors.errors import ConfigError, UsageError
from connectors.model import FieldSpec
from connectors.salesforce.custom_fields import metadata_of
from connectors.salesforce.names import VIEWERS_SET, WRITERS_SET
from connectors.salesforce.permissions import LABELS

__all__ = ["write_package"]

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""


def write_package(
    fields: Mapping[str, Sequence[FieldSpec]], folder: Path, *, version: str
) -> tuple[Path, ...]:
    """Write the package, ready for `sf project deploy start --metadata-dir`.

    Args:
        fields: The wanted fields by the API name of their object.
        folder: Where it goes; made where it is not there.
        version: Of the API, e.g. `67.0`.

    Returns:
        The files, `package.xml` first.

    Raises:
        UsageError: The folder holds other things.
        ConfigError: The folder cannot be written.
    """
    texts = {"package.xml": _manifest(fields, version)}
    texts |= {f"objects/{sobject}.object": _object(specs) for sobject, specs in fields.items()}
    texts |= {
        f"permissionsets/{name}.permissionset": _permission_set(name, fields)
        for name in (WRITERS_SET, VIEWERS_SET)
    }
    _check_folder(folder, texts)
    try:
        for name, element in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_text(element))
    except OSError as error:
        raise ConfigError(
            f"The package cannot be written to {folder}: {error.strerror}.",
            hint="Name another folder, or make room.",
            code="salesforce.package.unwritable",
        ) from error
    return tuple(folder / name for name in texts)


def _check_folder(folder: Path, texts: Mapping[str, ET.Element]) -> None:
    """Nobody's files are written over; an earlier package is."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is a file.", hint="Name a folder for the package.", code="salesforce.package.folder"
        )
    others = [
        path
        for path in (folder.rglob("*") if folder.exists() else ())
        if path.is_file() and path.relative_to(folder).as_posix() not in texts
    ]
    if others:
        raise UsageError(
            f"{folder} holds other files than a package of ours, {others[0].relative_to(folder)} for one: "
            "they would be deployed with it.",
            hint="Name a folder that is empty or not there yet.",
            code="salesforce.package.folder",
        )


def _manifest(fields: Mapping[str, Sequence[FieldSpec]], version: str) -> ET.Element:
    root = ET.Element("Package", xmlns=_NAMESPACE)
    members = {
        "CustomField": [f"{sobject}.{spec.name}" for sobject, specs in fields.items() for spec in specs],
        "PermissionSet": [WRITERS_SET, VIEWERS_SET],
    }
    for name, listed in members.items():
        types = ET.SubElement(root, "types")
        for member in sorted(listed):
            ET.SubElement(types, "members").text = member
        ET.SubElement(types, "name").text = name
    ET.SubElement(root, "version").text = version
    return root


def _object(specs: Sequence[FieldSpec]) -> ET.Element:
    root = ET.Element("CustomObject", xmlns=_NAMESPACE)
    for spec in specs:
        field = ET.SubElement(root, "fields")
        ET.SubElement(field, "fullName").text = spec.name
        _append(field, metadata_of(spec))
    return root


def _permission_set(name: str, fields: Mapping[str, Sequence[FieldSpec]]) -> ET.Element:
    label, description = LABELS[name]
    root = ET.Element("PermissionSet", xmlns=_NAMESPACE)
    ET.SubElement(root, "description").text = description
    for place in sorted(f"{sobject}.{spec.name}" for sobject, specs in fields.items() for spec in specs):
        permission = ET.SubElement(root, "fieldPermissions")
        _append(permission, {"editable": name == WRITERS_SET, "field": place, "readable": True})
    ET.SubElement(root, "hasActivationRequired").text = "false"
    ET.SubElement(root, "label").text = label
    return root


def _append(parent: ET.Element, values: Mapping[str, object]) -> None:
    """Values as elements in the order of the schema: `fullName`, then by name."""
    for name in sorted(values, key=lambda one: (one != "fullName", one)):
        value = values[name]
        for one in value if isinstance(value, list) else [value]:
            element = ET.SubElement(parent, name)
            if isinstance(one, Mapping):
                _append(element, one)
            else:
                element.text = _plain(one)


def _plain(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _NO_XML.sub("\ufffd", text)


def _text(root: ET.Element) -> bytes:
    ET.indent(root, "    ")
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return (
        body.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>')
        + b"\n"
    )
