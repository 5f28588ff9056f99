"""How we log in: the flow that the given credentials allow, the domain, and what a refused login means.

Pure: nothing here talks to Salesforce.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.config import Secrets
from connectors.errors import AuthError, ConfigError

__all__ = ["Flow", "Login", "choose_login", "domain_name", "is_salesforce_host", "refused_login"]

_VARIABLE = "CRM_SEGMENTS_CONNECTION__"
_SHARED = frozenset({"login", "test"})
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BROWSER_SUFFIXES = (".lightning.force.com", ".my.salesforce-setup.com")


class Flow(StrEnum):
    """Ways to log in, by what they need."""

    CLIENT_CREDENTIALS = "client credentials"
    """Client id and secret of an External Client App; the recommended one."""
    JWT = "JWT bearer"
    """Client id, user name and a private key."""
    PASSWORD = "password"  # noqa: S105 - a name, not a secret
    """User name and password, with the app's client id and secret or with a security token."""
    ACCESS_TOKEN = "access token"  # noqa: S105 - a name, not a secret
    """A token that something else fetched; it cannot be renewed here."""


@dataclass(frozen=True, slots=True)
class Login:
    """A chosen flow and what the client library needs for it."""

    flow: Flow
    domain: str
    """As the library wants it: without `.salesforce.com`."""
    arguments: Mapping[str, str] = field(repr=False)


def is_salesforce_host(host: str) -> bool:
    """Whether Salesforce owns this name. Source: Help, "Allow the Required Domains", read 2026-11."""
    return host.endswith((".salesforce.com", ".salesforce.mil"))


def domain_name(given: str | None, *, is_rehearsal: bool) -> str:
    """The domain as the client library wants it: `login`, `test`, `acme.my`.

    People copy it from the browser in many forms; those that can only mean one thing are understood.

    Raises:
        ConfigError: It is no domain of Salesforce.
    """
    text = (given or "").strip().lower().removeprefix("https://").rstrip("/")
    if not text:
        return "emulated.my" if is_rehearsal else "login"
    for suffix in _BROWSER_SUFFIXES:
        if text.endswith(suffix):
            text = f"{text.removesuffix(suffix)}.my"
    text = text.removesuffix(".salesforce.com")
    if "." not in text and text not in _SHARED:
        text = f"{text}.my"
    if all(_LABEL.fullmatch(label) for label in text.split(".")) and _is_known_shape(text):
        return text
    raise ConfigError(
        f'domain = "{given}" under [connection] is not a Salesforce domain.',
        hint="Write your My Domain as Setup > My Domain shows it, e.g. acme.my.salesforce.com "
        "or acme--uat.sandbox.my.salesforce.com.",
        code="config.domain",
    )


def _is_known_shape(text: str) -> bool:
    return text in _SHARED or text.endswith(".my")


def choose_login(secrets: Secrets, domain: str) -> Login:
    """The flow for which everything is there.

    Raises:
        AuthError: Nothing is there, or a part of it is missing; names the variables.
        ConfigError: Client credentials need a My Domain.
    """
    given = {name: value for name in Secrets.model_fields if (value := secrets.reveal(name)) is not None}
    if "access_token" in given:
        _require_my_domain(domain, "An access token")
        return Login(
            Flow.ACCESS_TOKEN,
            domain,
            {"session_id": given["access_token"], "instance": f"{domain}.salesforce.com"},
        )
    if {"client_id", "username", "private_key_file"} <= given.keys():
        return Login(
            Flow.JWT,
            domain,
            {
                "consumer_key": given["client_id"],
                "username": given["username"],
                "privatekey_file": given["private_key_file"],
            },
        )
    if {"username", "password"} <= given.keys():
        return Login(Flow.PASSWORD, domain, _password_arguments(given))
    if {"client_id", "client_secret"} <= given.keys():
        _require_my_domain(domain, "Logging in with client id and secret")
        return Login(
            Flow.CLIENT_CREDENTIALS,
            domain,
            {"consumer_key": given["client_id"], "consumer_secret": given["client_secret"]},
        )
    raise _incomplete(given)


def _password_arguments(given: Mapping[str, str]) -> dict[str, str]:
    arguments = {"username": given["username"], "password": given["password"]}
    if {"client_id", "client_secret"} <= given.keys():
        # OAuth takes the security token as the end of the password.
        arguments["password"] += given.get("security_token", "")
        return arguments | {"consumer_key": given["client_id"], "consumer_secret": given["client_secret"]}
    return arguments | {"security_token": given.get("security_token", "")}


def _require_my_domain(domain: str, what: str) -> None:
    if domain in _SHARED:
        raise ConfigError(
            f"{what} works on your own domain only, and domain under [connection] is not set to it.",
            hint='Setup > My Domain shows it: domain = "acme.my.salesforce.com".',
            code="config.domain",
        )


def _incomplete(given: Mapping[str, str]) -> AuthError:
    if not given:
        what = "There are no Salesforce credentials in the environment."
    else:
        names = ", ".join(f"{_VARIABLE}{name.upper()}" for name in sorted(given))
        what = f"The Salesforce credentials are incomplete: only {names} is set."
    return AuthError(
        what,
        hint=f"Set {_VARIABLE}CLIENT_ID and {_VARIABLE}CLIENT_SECRET (an External Client App with the client "
        f"credentials flow), or CLIENT_ID, USERNAME and PRIVATE_KEY_FILE for JWT.",
        code="salesforce.auth.missing",
    )


# Codes: Help, "OAuth 2.0 Authorization Errors"; those in capitals, of logins with a password: SOAP API
# Developer Guide, "Core Data Types Used in API Calls", ExceptionCode. Both read 2026-11.
_REASONS: Mapping[str, tuple[str, str]] = {
    "invalid_client_id": (
        "does not know this client id",
        (
            "Compare CLIENT_ID with the app's consumer key (Setup > External Client App Manager). A new app "
            "needs up to ten minutes; a sandbox knows the apps of production as of its last refresh."
        ),
    ),
    "invalid_client": (
        "refused the client secret",
        "Compare CLIENT_SECRET with the app's consumer secret; it changes when somebody rotates it.",
    ),
    "invalid_app_access": (
        "does not let this user use the app",
        "Setup > External Client App Manager > the app > Policies: add the user's profile or permission set.",
    ),
    "inactive_user": ("says that the user is inactive", "Setup > Users: activate the integration user."),
    "inactive_org": ("says that the org is locked or closed", "Ask your Salesforce administrator."),
    "INVALID_LOGIN": (
        "refused user name, password or security token",
        "Check the three variables. After a changed password Salesforce sends a new security token.",
    ),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        "wants a security token",
        "Set SECURITY_TOKEN (Settings > Reset My Security Token), or log in with client id and secret.",
    ),
    "API_DISABLED_FOR_ORG": (
        "does not allow API access",
        'Give the user the permission "API Enabled"; some editions lack API access altogether.',
    ),
}
_GRANTS: Mapping[Flow, tuple[str, str]] = {
    Flow.CLIENT_CREDENTIALS: (
        "does not allow client credentials here",
        (
            "The app needs the client credentials flow switched on and a user to run as (Setup > External "
            "Client App Manager > the app > Policies), and domain must be that org's My Domain."
        ),
    ),
    Flow.JWT: (
        "refused the signed login",
        (
            "The private key must belong to the certificate of the app, USERNAME must be a user of this org "
            "who is pre-authorized for the app, and this machine's clock must be right."
        ),
    ),
    Flow.PASSWORD: (
        "refused user name or password",
        (
            "Check USERNAME, PASSWORD and SECURITY_TOKEN; Salesforce switches this flow off in new orgs, "
            "where client id and secret are the way in."
        ),
    ),
}


def refused_login(login: Login, api_code: str) -> AuthError:
    """What a refused login means and what to do. Nothing is tried again: that would lock the account."""
    reason, fix = _REASONS.get(api_code) or _GRANTS.get(login.flow, ("refused the login", ""))
    known = api_code in _REASONS or api_code == "invalid_grant"
    return AuthError(
        f"Salesforce {reason} ({login.flow} at {login.domain}.salesforce.com).",
        hint=fix or "Check the credentials in the environment.",
        code="salesforce.auth.refused",
        details={"flow": login.flow.value, "reason": api_code if known else "other"},
    )
