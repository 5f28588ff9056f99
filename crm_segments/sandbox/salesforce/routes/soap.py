"""The login of the SOAP API; nothing else of it."""

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.evidence import recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.routes.login import user_named

__all__ = ["ROUTES"]

ROUTES = Routes()
_XML = {"Content-Type": "text/xml; charset=utf-8"}
_REFUSED = "Invalid username, password, security token; or user locked out."


@ROUTES.add(
    "POST",
    "/services/Soap/u/{soap_version}",
    recorded("auth.json: soap_login_200"),
    needs_login=False,
)
def login(ask: Ask) -> Reply:
    """A session for a username and a password with its security token."""
    if ask.call.header("SOAPAction") is None:
        return _fault("soapenv:Client", "SOAPAction HTTP header missing")
    if b"<!DOCTYPE" in ask.call.body:
        return _fault("soapenv:Client", "DOCTYPE is not allowed")
    try:
        root = ET.fromstring(ask.call.body)  # noqa: S314 (own clients; no DTD gets here)
    except ET.ParseError:
        return _fault("soapenv:Client", "The request is not well-formed XML")
    texts = {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}
    username = texts.get("username", "")
    known = ask.org.sessions.passwords.get(username)
    user_id = user_named(ask.org, username)
    allowed = {"".join(known)} if known else set()
    if known and texts.get("organizationId") == ask.org.org_id:
        # From an allowed network the password suffices.
        allowed.add(known[0])
    if user_id is None or texts.get("password") not in allowed:
        return _fault("INVALID_LOGIN", f"INVALID_LOGIN: {_REFUSED}", login_fault=True)
    return _success(ask, user_id)


def _success(ask: Ask, user_id: str) -> Reply:
    org, version = ask.org, ask.param("soap_version")
    session = org.sessions.open(org.org_id, user_id)
    base = f"https://{org.domain}/services/Soap"
    user = org.store.find(user_id) or {}
    inner = (
        f"<metadataServerUrl>{base}/m/{version}/{org.org_id}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{base}/u/{version}/{org.org_id}</serverUrl>"
        f"<sessionId>{session.token}</sessionId><userId>{user_id}</userId>"
        f"<userInfo><organizationId>{org.org_id}</organizationId><userId>{user_id}</userId>"
        f"<userName>{escape(str(user.get('Username')))}</userName></userInfo>"
    )
    return Reply(200, _envelope(f"<loginResponse><result>{inner}</result></loginResponse>").encode(), _XML)


def _fault(code: str, text: str, *, login_fault: bool = False) -> Reply:
    detail = (
        '<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>'
        f"<sf:exceptionMessage>{_REFUSED}</sf:exceptionMessage></sf:LoginFault></detail>"
    )
    fault = (
        f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"{detail if login_fault else ''}</soapenv:Fault>"
    )
    return Reply(500, _envelope(fault).encode(), _XML)


def _envelope(inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    )
