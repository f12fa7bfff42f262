"""What the API server refuses, in words: one line that names object, field or permission, and what to do about it."""

from __future__ import annotations

import re

from arena_core.contract.errors import (
    AlreadyExists,
    ArenaError,
    ClusterUnreachable,
    KindNotInstalled,
    NamespaceNotFound,
    NotFound,
    PermissionDenied,
    Refused,
)
from arena_core.contract.types import Resource
from arena_core.kube.answer import BadAnswer, decode
from arena_core.lazily import pattern
from arena_core.records import record
from arena_core.typed import Any

_FORBIDDEN = pattern(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"'
    r'(?: in API group "(?P<group>[^"]*)")?(?: (?:in the namespace "(?P<namespace>[^"]*)"|at the cluster scope))?'
)
#: Kubernetes 1.36 asks for single verbs (``impersonate-on:user-info:list``), older ones for ``impersonate``.
_IMPERSONATE = pattern(
    r'^(?:\S+ "(?P<whom>[^"]*)" is forbidden: )?.*User "(?P<user>[^"]*)" cannot impersonate\S* resource "(?P<resource>[^"]*)"', re.DOTALL
)
_HOOK_DOWN = pattern(r'failed calling webhook "(?P<name>[^"]*)": (?:failed to call webhook: )?(?P<why>.*)', re.DOTALL)
_HOOK_SERVICE = pattern(r"https?://(?P<service>[^./:]+)\.(?P<namespace>[^./:]+)\.svc[^\"]*\"?: (?P<why>.*)", re.DOTALL)
_WEBHOOK = pattern(r'admission webhook "(?P<name>[^"]*)" denied the request(?:: (?P<why>.*))?', re.DOTALL)
_CONVERSION = pattern(r"conversion webhook for (?P<name>.+?) failed: (?P<why>.*)", re.DOTALL)
#: Why a webhook did not answer, in Go's words; of anything else it is not known whether its operator is up.
_SILENT = pattern(
    r"connection refused|no endpoints available|deadline exceeded|[Tt]imeout|no route|EOF|no such host|service \"[^\"]*\" not found"
)
_UNTRUSTED = pattern(r"((?:tls|x509): .*)", re.DOTALL)
_TOO_LARGE = pattern(r"request is too large|message larger than max|Request entity too large", re.IGNORECASE)
#: What a cluster refuses for its own reasons, and the way out.
_WAYS_OUT = (
    (r"must specify", "the namespace's ResourceQuota wants these amounts said: ask for cpu and memory, or have a LimitRange give defaults"),
    (r"exceeded quota|failed quota", "whoever runs the namespace can raise the ResourceQuota; or delete what is not needed any more"),
    (r"is being terminated", "choose another namespace with -n, or wait until it is gone and make it again"),
)
_UNKNOWN_FIELD = pattern(r'unknown field "([^"]+)"')


@record
class FieldCause:
    """One field that the server refused: its path (``spec.tasks[0].name``) and what is wrong with it."""

    path: str
    message: str


class Forbidden(PermissionDenied):
    """The user lacks a permission; ``verb``, ``resource`` and ``namespace`` name it."""

    def __init__(self, message: str, hint: str, verb: str, resource: str, namespace: str) -> None:
        super().__init__(message, hint)
        self.verb = verb
        self.resource = resource
        self.namespace = namespace


class Unauthorized(PermissionDenied):
    """The server does not accept who we say we are."""


class Invalid(Refused):
    """The object breaks a rule of its schema; ``causes`` names the fields."""

    def __init__(self, message: str, causes: tuple[FieldCause, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint)
        self.causes = causes


class Conflict(Refused):
    """Somebody else changed the object first, or a precondition does not hold."""


class Gone(Refused):
    """A list or watch position is too old (410); reading starts again."""

    gone = True


class ServerFailure(ClusterUnreachable):
    """The API server answers, but with a failure of its own (5xx, 429), even after retries. ``code`` is the status it gave."""

    code = 0


class WebhookDown(ServerFailure):
    """A webhook that must see the request does not answer, so the server cannot do it. Nothing was done."""


def parse_status(body: bytes) -> dict[str, Any]:
    """Return the Status object of an error answer, or one made of the plain text."""
    try:
        status = decode(body)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        details = status.get("details")
        return {**status, "details": details if isinstance(details, dict) else {}}
    return {"message": body[:500].decode("utf-8", "replace").strip(), "plain": True}


def refusal(code: int, body: bytes, *, verb: str, resource: Resource | None, namespace: str, name: str, acting_as: str = "") -> ArenaError:
    """Return the error for an answer that is not 2xx; ``acting_as`` is who was impersonated."""
    status = parse_status(body)
    message = str(status.get("message") or f"HTTP {code}")
    what = _what(resource, name, namespace)
    if code == 401:
        return Unauthorized(
            "the cluster does not accept your credentials (401 Unauthorized)", "log in again, or check the user of the context"
        )
    if code == 403:
        return _forbidden(message, verb, what, acting_as, plain=bool(status.get("plain")))
    if code == 404:
        return _not_found(status, message, resource, namespace, what, name)
    if code == 409:
        if status.get("reason") == "AlreadyExists":
            return AlreadyExists(f"{what} exists already", "choose another name, or delete it first")
        return Conflict(f"{what}: {message}", "try again")
    if code == 410:
        return Gone(message)
    if code in (400, 422):
        return _invalid(status, message, what)
    if code >= 500 and (hook := _WEBHOOK.search(message)):
        return Refused(_denied(hook, what))  # a policy may answer with any code
    if code >= 413 and _TOO_LARGE.search(message):
        return Refused(f"{what} is too large for the cluster: {message}", "make it smaller: large files belong into an image or a volume")
    if code == 429 or code >= 500:
        failure = _failure(code, message, verb, what, plain=bool(status.get("plain")))
        failure.code = code
        return failure
    if 300 <= code < 400:
        return BadAnswer(
            f"what answers in place of the API server sends us elsewhere (a redirect, {code})",
            "check `server` in the kubeconfig, and whether the network or a proxy asks you to sign in",
        )
    return Refused(f"{verb} {what}: the cluster answered {code}: {message}")


def _denied(hook: re.Match[str], what: str) -> str:
    return f"{what} was denied by admission webhook {hook['name']}: {(hook['why'] or 'no reason given').strip()}"


def _what(resource: Resource | None, name: str, namespace: str) -> str:
    kind = resource.kind if resource else "request"
    text = f"{kind} {name}" if name else kind
    return f"{text} in namespace {namespace}" if namespace else text


def _forbidden(message: str, verb: str, what: str, acting_as: str, *, plain: bool) -> ArenaError:
    if plain:
        # No API server says so without a Status: whatever stands before it does.
        return PermissionDenied(
            f"{verb} {what}: access is refused (403), not by Kubernetes itself but by something before it: {_first_words(message)}",
            "check your login, and the proxy or gateway before the cluster",
        )
    acting = _IMPERSONATE.match(message)
    if acting:
        # The newest servers name the object that was asked for, not who was to be impersonated.
        whom = acting["whom"] if acting["resource"] in ("users", "groups", "serviceaccounts", "uids") else acting_as
        return Forbidden(
            f"user {acting['user']} may not impersonate {whom or 'another user'}",
            "leave --as out, or ask for a role that allows it to impersonate",
            "impersonate",
            acting["resource"],
            "",
        )
    hook = _WEBHOOK.search(message)
    if hook:
        return Refused(_denied(hook, what))
    match = _FORBIDDEN.search(message)
    if not match and verb in ("get", "list", "watch"):
        # Admission looks at what changes; a read is refused for want of rights, in whatever words.
        return PermissionDenied(f"the cluster refuses to {verb} {what}: {_own_words(message)}", "ask for a role that allows it")
    if not match:
        way_out = next((text for words, text in _WAYS_OUT if re.search(words, message)), "")
        return Refused(f"the cluster refuses to {verb} {what}: {_own_words(message)}", way_out)
    resource = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
    where = f"in namespace {match['namespace']}" if match["namespace"] else "in the whole cluster"
    return Forbidden(
        f"user {match['user']} may not {match['verb']} {resource} {where}",
        f"ask for a role with verb {match['verb']} on {resource}" + (f" in namespace {match['namespace']}" if match["namespace"] else ""),
        match["verb"],
        resource,
        match["namespace"] or "",
    )


def _own_words(message: str) -> str:
    """Strip the ``pods "x" is forbidden: `` in front of the reason."""
    return re.sub(r'^\S+ "[^"]*" is forbidden: ', "", message)


def _not_found(status: dict[str, Any], message: str, resource: Resource | None, namespace: str, what: str, name: str) -> ArenaError:
    details = status.get("details") or {}
    if details.get("kind") == "namespaces" and (resource is None or resource.plural != "namespaces"):
        return NamespaceNotFound(f"namespace {details.get('name') or namespace} does not exist", "create it, or choose another with -n")
    plain = bool(status.get("plain"))
    unknown_path = (plain and message == "404 page not found") or "could not find the requested resource" in message
    if resource is not None and resource.group and unknown_path:
        return KindNotInstalled(
            f"{resource.kind} is not installed on this cluster: it does not serve {resource.plural}.{resource.group}/{resource.version}",
            "install its operator, or check that this is the cluster you mean",
        )
    if unknown_path or plain:
        return BadAnswer("what answers at this address is not a Kubernetes API server (404)", "check `server` in the kubeconfig")
    kind, missing = str(details.get("kind") or "").lower(), str(details.get("name") or "")
    if resource is not None and kind and missing not in ("", name) and kind not in (resource.plural, resource.kind.lower()):
        # What is asked for may well be there: something else that it needs is not (a pod's node, whose kubelet has the log).
        return Refused(f"{what}: {message}", f"it is {missing} ({kind}) that does not exist")
    return NotFound(f"{what} does not exist")


def _invalid(status: dict[str, Any], message: str, what: str) -> Invalid:
    hook = _WEBHOOK.search(message)
    if hook:
        return Invalid(_denied(hook, what))
    found = status.get("details", {}).get("causes")
    found = found if isinstance(found, list) else []
    causes = [
        FieldCause(str(c.get("field", "")), str(c.get("message", "")))
        for c in found
        # The API server adds a nameless cause when an earlier error kept it from checking the rest.
        if isinstance(c, dict) and c.get("field") not in (None, "", "<nil>")
    ]
    causes += [FieldCause(path, "unknown field") for path in _UNKNOWN_FIELD.findall(message) if not found]
    if causes:
        text = "; ".join(f"{c.path}: {c.message}" for c in causes)
        return Invalid(f"{what} is invalid: {text}", tuple(causes))
    return Invalid(f"{what} was refused: {message}")


def _failure(code: int, message: str, verb: str, what: str, *, plain: bool) -> ServerFailure:
    if code == 429:
        return ServerFailure("the API server has too much to do (429), also after several tries", "try again later")
    if hook := _HOOK_DOWN.search(message):
        return _webhook_down(f"webhook {hook['name']}", hook["why"], verb, what)
    if hook := _CONVERSION.search(message):
        return _webhook_down(f"webhook that converts {hook['name']}", hook["why"], verb, what)
    words = _first_words(message) if plain else message
    if "database space exceeded" in message:
        return ServerFailure(
            f"the API server failed ({code}): {words}", "the cluster's etcd is full: whoever runs the cluster must make room"
        )
    return ServerFailure(f"the API server failed ({code}): {words}", "try again; if it stays, its logs say why")


def _webhook_down(hook: str, why: str, verb: str, what: str) -> WebhookDown:
    """Say whose webhook fails, and how: one that does not answer belongs to an operator, mostly, which somebody has to bring up again."""
    read = verb in ("get", "list", "watch")
    done = {"create": "nothing was created", "delete": "nothing was deleted"}.get(
        verb, "nothing was read" if read else "nothing was changed"
    )
    service = _HOOK_SERVICE.search(why)
    owner = f"Service {service['service']} in namespace {service['namespace']}" if service else ""
    who, why = f"the {hook} of {owner}" if owner else f"the {hook}", service["why"] if service else why.strip()
    if bad := _UNTRUSTED.search(why):
        return WebhookDown(
            f"{verb} {what}: {who} is not trusted ({bad[1].strip()}); {done}",
            f"whoever runs the cluster must renew its certificate, or the caBundle that it is checked with{f' ({owner})' if owner else ''}",
        )
    if not _SILENT.search(why):
        return WebhookDown(f"{verb} {what}: {who} fails ({why.strip()}); {done}", "whoever runs the cluster must mend it")
    text = f"{verb} {what}: {who} does not answer ({_last_words(why) if owner else why}); {done}"
    if not owner:
        return WebhookDown(text, "whoever runs the cluster must mend it")
    return WebhookDown(text, f"its operator seems to be down: whoever runs the cluster must bring the pods behind {owner} up again")


def _last_words(text: str) -> str:
    """Return the end of a chain of errors as Go writes it: ``dial tcp 10.0.0.1:443: connect: connection refused``."""
    return text.strip().rpartition(": ")[2]


def _first_words(text: str) -> str:
    """Return the first words of a page that is no Status, without its tags."""
    words = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return words[:120] or "no reason given"
