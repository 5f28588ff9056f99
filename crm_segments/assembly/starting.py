"""Writes the first config.toml of a folder."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from connectors.errors import ConfigError, UsageError

__all__ = ["EXAMPLE_NAME", "InitOptions", "InitReport", "example_config", "write_config"]

EXAMPLE_NAME = "config.example.toml"

_HEAD = """\
# Settings of crm-segments. Every setting with a line of why: crm-segments init --all --force
# Credentials never stand here; they come from the environment (CRM_SEGMENTS_CONNECTION__...).

[connection]
"""

_CONNECTIONS = {
    "local": """\
# The embedded CRM: a whole small CRM in one file on this machine.
crm = "local"
# Its file, relative to this one. crm-segments import DIR makes and fills it.
path = "crm.db"
""",
    "salesforce": """\
crm = "salesforce"
# Your My Domain, as Setup > My Domain shows it.
# domain = "acme.my.salesforce.com"
# Profiles whose users get to see our fields, e.g.: viewers = ["Sales User"]
""",
    "hubspot": """\
# The account is the one that the service key in CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN belongs to.
crm = "hubspot"
""",
}

_SEGMENTATION = """
[[segmentation]]
# Name of this grouping in commands.
name = "customers"
# What is grouped and gets the fields: "account", "contact" or "lead".
object = "account"
# Stem of the four fields that are written: the segment, how sure it is, why, and since when.
field = "crm_segment"
# Only some records, e.g.: where = 'country = "US" and employees >= 10'
"""

_IGNORED = (".crm-segments/", "crm-segments-error.log", "report.html")
"""What holds customers or is of no use to others."""


@dataclass(frozen=True, slots=True)
class InitReport:
    """What `init` made."""

    config: Path
    crm: str
    crm_path: str
    gitignore: Path | None
    """Set when lines were added to it."""
    domain: str | None = None
    """Salesforce: the domain that was written; None where it still has to be."""


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What to write."""

    crm: str = "local"
    path: str = "crm.db"
    """File of the embedded CRM."""
    domain: str | None = None
    """Salesforce: the My Domain."""
    every_setting: bool = False
    """Write all settings with their defaults, not only the first ones."""
    force: bool = False
    """Write over an existing config.toml."""


def example_config() -> str:
    """The commented example with every setting: in the wheel beside the code, in a checkout at its root."""
    inside = files("crm_segments").joinpath(EXAMPLE_NAME)
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / EXAMPLE_NAME).read_text(encoding="utf-8")


def write_config(config: Path, options: InitOptions) -> InitReport:
    """Write the settings and keep the state and the CRM's file out of version control.

    Raises:
        ConfigError: This version has no connector for that CRM.
        UsageError: There is a config.toml already, or the folder cannot be written to.
    """
    crm, path = options.crm, options.path
    if crm not in _CONNECTIONS:
        raise ConfigError(
            f'A connection to "{crm}" is unknown: there are {", ".join(_CONNECTIONS)}.',
            hint="Use --crm local; crm-segments import reads CSV exports of other CRMs.",
            code="config.connector.unavailable",
            next_command="crm-segments init --crm local",
        )
    if config.exists() and not options.force:
        raise UsageError(
            f"There is a {config.name} in this folder already; it was left as it is.",
            hint="Edit it, choose another folder, or write it anew with --force.",
            code="usage.config_exists",
            next_command="crm-segments config show",
        )
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        _replace(config, _text(options))
        kept_out = (*_IGNORED, f"{path}*") if crm == "local" else _IGNORED
        gitignore = _ignore_in_git(config.parent / ".gitignore", kept_out)
    except OSError as error:
        raise UsageError(
            f"{error.filename or config} cannot be written: {error.strerror}.",
            hint="Choose a folder that you may write to.",
            code="usage.unwritable",
        ) from error
    return InitReport(config, crm, path, gitignore, options.domain)


def _text(options: InitOptions) -> str:
    if options.every_setting:
        text = example_config().replace('crm = "local"', f'crm = "{options.crm}"')
    else:
        text = _HEAD + _CONNECTIONS[options.crm] + _SEGMENTATION
    text = text.replace('path = "crm.db"', f"path = {_toml_text(options.path)}")
    if options.domain is None:
        return text
    wanted = f"domain = {_toml_text(options.domain)}"
    return text.replace('# domain = "acme.my.salesforce.com"', wanted)


def _toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        # People know the file that was meant, not the one on the way to it.
        error.filename = str(path)
        raise


def _ignore_in_git(path: Path, wanted: tuple[str, ...]) -> Path | None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in wanted if line not in before.splitlines()]
    if not missing:
        return None
    separator = "" if not before or before.endswith("\n") else "\n"
    _replace(path, before + separator + "\n".join(missing) + "\n")
    return path
