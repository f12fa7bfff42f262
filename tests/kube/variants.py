"""Kubeconfigs as people really have them, and what kubectl and Arena answer to each.

``kubectl`` and ``arena`` are patterns of what they say when they refuse; "" means that it works, and then both must have sent the same
head. ``differs`` says why Arena answers otherwise on purpose; without it both work or both refuse.

In texts, ``HTTPS`` and ``HTTP`` stand for the addresses of two servers, ``PORT`` and ``PORTS`` for their ports, ``PROXY`` for a proxy's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import indent

SAFE = "server: HTTPS\ncertificate-authority: ca.crt"
PLAIN = "server: HTTP"
NEVER = "apiVersion: client.authentication.k8s.io/v1\ninteractiveMode: Never\n"
ASKS = "kubectl asks the terminal for a user name; Arena sends no credentials"


@dataclass(frozen=True)
class Variant:
    name: str
    kubectl: str = ""
    arena: str = ""
    cluster: str = SAFE
    user: str = "token: t"
    context: str = ""
    top: str = ""
    more: str = ""
    raw: str | bytes | None = None
    edit: tuple[str, str] = ("", "")
    env: dict[str, str] = field(default_factory=dict)
    config: str = "config"
    choose: str = ""
    folder: str = "."
    differs: str = ""

    def text(self) -> str | bytes:
        if self.raw is not None:
            return self.raw
        parts = [
            "apiVersion: v1\nkind: Config\ncurrent-context: a",
            self.top,
            "contexts:\n- name: a\n  context:\n    cluster: c\n    user: u",
            indent(self.context, "    "),
            "clusters:\n- name: c\n  cluster:",
            indent(self.cluster, "    "),
            "users:\n- name: u\n  user:",
            indent(self.user, "    "),
            self.more,
        ]
        text = "\n".join(part for part in parts if part) + "\n"
        return text.replace(*self.edit) if self.edit[0] else text


def executed(spec: str, name: str = "exec") -> str:
    return f"{name}:\n{indent(spec, '  ')}"


def oidc(tokens: str, *, issuer: str = "HTTPS", trust: str = "idp-certificate-authority: HERE/ca.crt") -> str:
    parts = [f'idp-issuer-url: "{issuer}"', "client-id: x, client-secret: s3cr3t", tokens, trust]
    return f"auth-provider: {{name: oidc, config: {{{', '.join(part for part in parts if part)}}}}}"


def boolean(value: str, *, refused: bool) -> Variant:
    words = ("of type bool", "insecure-skip-tls-verify must be true or false") if refused else ("", "")
    return Variant(f"skip-verify {value}", *words, cluster=f"server: HTTPS\ninsecure-skip-tls-verify: {value}")


BOOLEANS = [
    *(boolean(v, refused=True) for v in ('"false"', '"true"', '"no"', "1", "0", "[]")),
    *(boolean(v, refused=False) for v in ("true", "yes", "on")),
    Variant("skip-verify false", "unknown authority", "authority", cluster="server: HTTPS\ninsecure-skip-tls-verify: false"),
    Variant("skip-verify null", "unknown authority", "authority", cluster="server: HTTPS\ninsecure-skip-tls-verify: null"),
    Variant("skip-verify with a CA", "not allowed", "both insecure", cluster=SAFE + "\ninsecure-skip-tls-verify: true"),
    Variant("no compression", cluster=SAFE + "\ndisable-compression: true"),
    Variant("compression as text", "of type bool", "must be true or false", cluster=SAFE + '\ndisable-compression: "true"'),
]

ADDRESSES = [
    Variant("a port too large", "invalid port", "not a valid address", cluster='server: "http://127.0.0.1:99999"'),
    Variant("a port of letters", "host must be a URL", "not a valid address", cluster='server: "http://127.0.0.1:abc"'),
    Variant("a port with a blank", "host must be a URL", "a blank", cluster='server: "http://127.0.0.1:PORT "'),
    Variant("a blank before", "in host name", "a blank", cluster='server: " http://127.0.0.1:PORT"'),
    Variant("a negative port", "host must be a URL", "not a valid address", cluster='server: "http://127.0.0.1:-1"'),
    Variant("port 0", "was refused", "port 0", cluster='server: "http://127.0.0.1:0"'),
    Variant("a scheme in capitals", cluster="server: HTTP://127.0.0.1:PORT"),
    Variant("no scheme", cluster="server: 127.0.0.1:PORT"),
    Variant("no scheme, a CA", "reset|EOF|HTTPS", "damaged|closes|reset", cluster="server: 127.0.0.1:PORTS\ncertificate-authority: ca.crt"),
    Variant("another scheme", "unsupported protocol", "starts with ftp://", cluster="server: ftp://127.0.0.1:PORT"),
    Variant("a path and a slash", cluster="server: HTTPS/k8s/\ncertificate-authority: ca.crt"),
    Variant("a query", cluster="server: HTTPS/?a=b\ncertificate-authority: ca.crt"),
    Variant("no server", "localhost:8080", "has no server", cluster='server: ""'),
    Variant("a number", "of type string", "must be text", cluster="server: 5"),
    Variant("https where http is spoken", "TLS handshake", "does not speak TLS", cluster="server: https://127.0.0.1:PORT"),
    Variant("nobody listens", "was refused", "refuses the connection", cluster="server: https://127.0.0.1:1"),
]

FILES = [
    Variant("an empty file", "localhost:8080", "no current context", raw=""),
    Variant("blanks alone", "localhost:8080", "no current context", raw="  \n"),
    Variant("a list", "cannot unmarshal array", "not a mapping", raw="- a"),
    Variant("a word", "cannot unmarshal string", "not a mapping", raw="hello"),
    Variant("another kind", 'no kind "Pod"', "not of kind Config", edit=("kind: Config", "kind: Pod")),
    Variant("another version", 'version "v2"', "not of kind Config", edit=("apiVersion: v1", "apiVersion: v2")),
    Variant("no kind", edit=("kind: Config", "")),
    Variant("broken YAML", "yaml: line", "not valid YAML", raw="a: [b"),
    Variant("tabs", "yaml: line", "not valid YAML", edit=("    token", "\ttoken")),
    Variant("Latin-1", "UTF-8", "not UTF-8", raw=b"# \xfc\n"),
    Variant("CRLF", edit=("\n", "\r\n")),
    Variant("unknown keys", user="token: t\nnonsense: 1", top="nonsense: {a: 1}"),
    Variant("two documents", more="---\ncurrent-context: zz"),
    Variant("a mark before the document", edit=("apiVersion: v1\n", "---\napiVersion: v1\n")),
    Variant("an empty document before", "localhost:8080", "no current context", edit=("apiVersion: v1\n", "---\n---\napiVersion: v1\n")),
    Variant("a key twice", user="token: t\ntoken: t"),
    Variant("a user twice", "duplicate name", "appears twice", more="- name: u\n  user: {token: s3cr3t}"),
    Variant("a context twice", "duplicate name", "appears twice", edit=("clusters:", "- name: a\n  context: {cluster: c}\nclusters:")),
    Variant("a cluster twice", "duplicate name", "appears twice", edit=("users:", "- name: c\n  cluster: {server: x}\nusers:")),
    Variant("contexts as a mapping", "cannot unmarshal object", "must be a list", edit=("contexts:\n-", "contexts:\n ")),
    Variant("an entry without a name", more="- user: {token: x}"),
    Variant("a current context that is a number", "of type string", "must be text", edit=("current-context: a", "current-context: 5")),
    Variant("preferences and extensions", top="preferences: {colors: true}\nextensions: [{name: x, extension: {a: 1}}]"),
    Variant("a directory", "is a directory", "directory", config="folder"),
    Variant("a file that is not there", "no such file", "does not exist", config="nowhere"),
    Variant("/dev/null", "localhost:8080", "no current context", config="/dev/null"),
    Variant("a relative file in another folder", config="../config", folder="folder"),
    Variant("a token that looks like a date", user="token: 2024-01-01"),
]

CONTEXTS = [
    Variant("a context that is not there", "does not exist", "context zz is not in", choose="zz"),
    Variant("no current one", "localhost:8080", "no current context", edit=("current-context: a", "")),
    Variant("a current one that is not there", "not found", "context zz is not in", edit=("current-context: a", "current-context: zz")),
    Variant("a cluster that is not there", "localhost:8080", "names cluster zz", edit=("cluster: c\n", "cluster: zz\n")),
    Variant("a user that is not there", "EOF", "names user zz", edit=("user: u\n", "user: zz\n")),
    Variant("no cluster", "localhost:8080", "has no server", edit=("    cluster: c\n", "")),
    Variant("no user", "EOF", "", edit=("    user: u\n", ""), differs=ASKS),
    Variant("a namespace that is a number", "of type string", "namespace must be text", context="namespace: 7"),
    Variant("a namespace", context="namespace: Team"),
]

TOKENS = [
    Variant("a line break at the end", "invalid header", "token of user u .* line break", user='token: "s3cr3t\\n"'),
    Variant("a line break within", "invalid header", "token of user u .* line break", user='token: "s3c\\nr3t"'),
    Variant("a control character", "invalid header", "control character", user='token: "s3cr3t\\x01"'),
    Variant("a tab", user='token: "a\\tb"'),
    Variant("a euro sign", user='token: "a€b"'),
    Variant("blanks around", user='token: " a "'),
    Variant("a token that is a number", "of type string", "token must be text", user="token: 12345"),
    Variant("an empty token", "EOF", "", user='token: ""', differs=ASKS),
    Variant("a token file", user="tokenFile: token"),
    Variant("a token file goes before a token", user="token: inline\ntokenFile: token"),
    Variant("a missing token file", "no such file", "does not exist", user="tokenFile: nowhere"),
    Variant("a missing token file beside a token", user="token: inline\ntokenFile: nowhere"),
    Variant("a token file of two lines", "invalid header", "line break", user="tokenFile: two-lines"),
    Variant("a token file in UTF-16", "invalid header", "control character", user="tokenFile: utf16"),
    Variant("an empty token file", "EOF", "is empty", user="tokenFile: empty"),
    Variant("a folder as token file", "is a directory", "directory", user="tokenFile: folder"),
    Variant("a token file in ~", "no such file", "does not exist", user="tokenFile: ~/token"),
    Variant("user and password", user='username: me\npassword: "p\\nw"'),
    Variant("password and token", "more than one", "both a token and", user="username: me\npassword: s3cr3t\ntoken: t"),
    Variant("a password alone", "EOF", "", user="password: s3cr3t", differs=ASKS),
    Variant("no credentials", "EOF", "", user="{}", differs=ASKS),
]

IMPERSONATION = [
    Variant("as", user="token: t\nas: jürgen€"),
    Variant("as with groups, uid and extra", user='token: t\nas: eve\nas-groups: [a, b]\nas-uid: "7"\nas-user-extra: {"a/b c": [p, q]}'),
    Variant("groups alone", "without impersonating", "needs a user to act as", user="token: t\nas-groups: [a]"),
    Variant("uid alone", "without impersonating", "needs a user to act as", user="token: t\nas-uid: a"),
    Variant("extra alone", "without impersonating", "needs a user to act as", user="token: t\nas-user-extra: {a: [p]}"),
    Variant("uid as a number", "of type string", "as-uid must be text", user="token: t\nas: eve\nas-uid: 7"),
    Variant("groups as text", "of type ..string", "as-groups must be a list", user="token: t\nas: eve\nas-groups: a"),
    Variant("as with a line break", "invalid header", "line break", user='token: t\nas: "a\\nb"'),
]

CERTIFICATES = [
    Variant("an intermediate as CA", cluster="server: HTTPS\ncertificate-authority: inter.crt"),
    Variant("the server's own certificate as CA", cluster="server: HTTPS\ncertificate-authority: srv.crt"),
    Variant("another CA", "unknown authority", "authority", cluster="server: HTTPS\ncertificate-authority: me.crt"),
    Variant("no CA", "unknown authority", "authority", cluster="server: HTTPS"),
    Variant("a missing CA", "unable to read", "does not exist", cluster="server: HTTPS\ncertificate-authority: nowhere"),
    Variant("a folder as CA", "is a directory", "directory", cluster="server: HTTPS\ncertificate-authority: folder"),
    Variant("an empty CA", "unknown authority", "authority", cluster="server: HTTPS\ncertificate-authority: empty"),
    Variant("CA data", cluster="server: HTTPS\ncertificate-authority-data: CADATA"),
    Variant(
        "CA data and a file that is there",
        "both specified",
        "both certificate-authority",
        cluster="server: HTTPS\ncertificate-authority-data: CADATA\ncertificate-authority: me.crt",
    ),
    Variant(
        "CA data and a missing file",
        "both specified",
        "both certificate-authority",
        cluster="server: HTTPS\ncertificate-authority-data: CADATA\ncertificate-authority: nowhere",
    ),
    Variant("CA data that is not base64", "illegal base64", "not base64", cluster='server: HTTPS\ncertificate-authority-data: "a b"'),
    Variant("CA data that is no certificate", "PEM", "authority", cluster="server: HTTPS\ncertificate-authority-data: YQ=="),
    Variant("another name", cluster=SAFE + "\ntls-server-name: localhost"),
    Variant("a wrong name", "not other", "another name", cluster=SAFE + "\ntls-server-name: other"),
    Variant("a name that is a number", "of type string", "must be text", cluster=SAFE + "\ntls-server-name: 5"),
    Variant("a client certificate", user="client-certificate: me.crt\nclient-key: me.key"),
    Variant("a client certificate and a token", user="client-certificate: me.crt\nclient-key: me.key\ntoken: t"),
    Variant("a client certificate without its key", "client-key", "no client-key", user="client-certificate: me.crt"),
    Variant("a key without certificate", "EOF", "", user="client-key: me.key", differs=ASKS),
    Variant("an encrypted key", "parse private key", "is encrypted", user="client-certificate: me.crt\nclient-key: enc.key"),
    Variant("an encrypted PKCS#8 key", "parse private key", "is encrypted", user="client-certificate: me.crt\nclient-key: enc8.key"),
    Variant("the key of another", "does not match", "mismatch", user="client-certificate: me.crt\nclient-key: srv.key"),
    Variant("a missing certificate", "no such file", "does not exist", user="client-certificate: nowhere\nclient-key: me.key"),
    Variant("a certificate that is none", "PEM", "cannot be used", user="client-certificate-data: YQ==\nclient-key-data: YQ=="),
    Variant(
        "a client certificate that is not base64",
        "illegal base64",
        "not base64",
        user='client-certificate-data: "s3cr3t!"\nclient-key: me.key',
    ),
]

PROXIES = [
    Variant("a proxy", cluster="server: http://10.255.255.1:6443\nproxy-url: PROXY"),
    Variant(
        "a dead proxy", "was refused", "the proxy .* refuses", cluster="server: https://10.255.255.1:6443\nproxy-url: http://127.0.0.1:1"
    ),
    Variant(
        "a dead HTTPS proxy",
        "was refused",
        "the proxy .* refuses",
        cluster="server: https://10.255.255.1:6443\nproxy-url: https://127.0.0.1:1",
    ),
    Variant(
        "an HTTPS proxy of another authority",
        "unknown authority",
        "the proxy .* certificate that is not accepted",
        cluster="server: https://10.255.255.1:6443\nproxy-url: HTTPS",
    ),
    Variant(
        "an HTTPS proxy before a server without TLS, whose authority then counts for nothing",
        "unknown authority",
        "the proxy .* certificate that is not accepted",
        cluster="server: http://10.255.255.1:6443\nproxy-url: HTTPS\ncertificate-authority: ca.crt",
    ),
    Variant(
        "an HTTPS proxy that gives no way",
        "OK|Bad|proxyconnect|malformed|50[0-9]|Unsupported method|Not Implemented",
        "the proxy .* gives no way",
        cluster="server: https://10.255.255.1:6443\nproxy-url: HTTPS\ncertificate-authority: ca.crt",
    ),
    Variant(
        "an HTTPS proxy that speaks no TLS",
        "first record does not look like a TLS handshake|server gave HTTP response",
        "the proxy .* does not speak TLS",
        cluster="server: https://10.255.255.1:6443\nproxy-url: https://127.0.0.1:PORT",
    ),
    Variant(
        "a dead SOCKS proxy",
        "was refused",
        "the proxy .* refuses",
        cluster="server: https://10.255.255.1:6443\nproxy-url: socks5://127.0.0.1:1",
    ),
    Variant(
        "a proxy that does not resolve",
        "proxyconnect",
        "the proxy .* cannot be resolved",
        cluster="server: https://10.255.255.1:6443\nproxy-url: http://no.invalid:1",
    ),
    Variant("an ftp proxy", "unsupported scheme", "ftp", cluster="server: https://10.255.255.1:6443\nproxy-url: ftp://x:1"),
    Variant(
        "a proxy without a scheme", "could not parse", "proxy-url", cluster='server: https://10.255.255.1:6443\nproxy-url: "127.0.0.1:1"'
    ),
    Variant(
        "a proxy with an odd port", "could not parse", "proxy-url", cluster='server: https://10.255.255.1:6443\nproxy-url: "http://a:b:c"'
    ),
    Variant("a proxy that is a number", "of type string", "must be text", cluster="server: https://10.255.255.1:6443\nproxy-url: 5"),
    Variant("a proxy of the environment", cluster="server: http://10.255.255.1:6443", env={"HTTP_PROXY": "PROXY"}),
    Variant(
        "a dead proxy of the environment",
        "was refused",
        "HTTP_PROXY",
        cluster="server: http://10.255.255.1:6443",
        env={"HTTP_PROXY": "http://127.0.0.1:1"},
    ),
    Variant("the environment's proxy is not for loopback", env={"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}),
]

EXEC = [
    Variant("a plugin", user=executed(NEVER + "command: ./good")),
    Variant("a plugin on PATH", user=executed(NEVER + "command: good"), env={"PATH": "HERE:/usr/bin:/bin"}),
    Variant(
        "a plugin beside the file, called from elsewhere", user=executed(NEVER + "command: ./good"), config="../config", folder="folder"
    ),
    Variant("args and env", user=executed(NEVER + 'command: ./echo\nargs: [a, "b c"]\nenv: [{name: FOO, value: bar}]')),
    Variant("cluster info", user=executed(NEVER + "command: ./info\nprovideClusterInfo: true")),
    Variant("a missing plugin", "no such file", "not installed", user=executed(NEVER + "command: ./nowhere")),
    Variant("a missing plugin on PATH", "not found", "not installed", user=executed(NEVER + "command: nowhere")),
    Variant("a plugin that may not be run", "permission denied", "Permission denied", user=executed(NEVER + "command: ./token")),
    Variant("a failing plugin", "exit code 3", "failed with exit code 3", user=executed(NEVER + "command: ./fail")),
    Variant("no apiVersion", "apiVersion must", "needs an apiVersion", user=executed("command: ./good\ninteractiveMode: Never")),
    Variant(
        "an old apiVersion",
        "invalid apiVersion",
        "needs an apiVersion",
        user=executed("apiVersion: client.authentication.k8s.io/v1alpha1\ncommand: ./good"),
    ),
    Variant(
        "another version in the answer",
        "configured to use",
        "another version",
        user=executed("apiVersion: client.authentication.k8s.io/v1beta1\ncommand: ./good"),
    ),
    Variant(
        "no interactiveMode",
        "interactiveMode must",
        "needs an interactiveMode",
        user=executed("apiVersion: client.authentication.k8s.io/v1\ncommand: ./good"),
    ),
    Variant(
        "an odd interactiveMode",
        "invalid interactiveMode",
        "needs an interactiveMode",
        user=executed(NEVER.replace("Never", "Sometimes") + "command: ./good"),
    ),
    Variant(
        "Always without a terminal", "not a terminal", "not a terminal", user=executed(NEVER.replace("Never", "Always") + "command: ./good")
    ),
    Variant("IfAvailable without a terminal", user=executed(NEVER.replace("Never", "IfAvailable") + "command: ./good")),
    Variant("no command", "command must", "has no command", user=executed(NEVER)),
    Variant("args of numbers", "of type string", "args must be", user=executed(NEVER + "command: ./good\nargs: [1]")),
    Variant("env as a mapping", "cannot unmarshal", "env must be", user=executed(NEVER + "command: ./good\nenv: {A: b}")),
    Variant("a plugin that prints HTML", "decoding stdout", "not JSON", user=executed(NEVER + "command: ./html")),
    Variant("a plugin that prints nothing", "plugin returned version", "not JSON", user=executed(NEVER + "command: 'true'")),
    Variant("no status", "status field", "no status", user=executed(NEVER + "command: ./nostatus")),
    Variant("no credentials in the answer", "didn't return", "neither a token", user=executed(NEVER + "command: ./nothing")),
    Variant("an expired token", user=executed(NEVER + "command: ./expired")),
    Variant("an expiry that is no time", "parsing time", "not a time", user=executed(NEVER + "command: ./badtime")),
    Variant(
        "a plugin's token with a line break",
        "invalid header",
        "token that exec plugin .* line break",
        user=executed(NEVER + "command: ./broken"),
    ),
    Variant("a plugin's certificate", user=executed(NEVER + "command: ./cert")),
    Variant("a plugin's certificate without key", "not both", "not both", user=executed(NEVER + "command: ./certonly")),
    Variant("a token goes before a plugin", user="token: t\n" + executed(NEVER + "command: ./fail")),
    Variant(
        "a plugin and a provider",
        "cannot be provided",
        "both an auth-provider",
        user=executed(NEVER + "command: ./good") + "\nauth-provider: {name: gcp}",
    ),
]

PROVIDERS = [
    Variant("gcp", "has been removed", "gke-gcloud-auth-plugin", user="auth-provider: {name: gcp}"),
    Variant("azure", "has been removed", "kubelogin", user="auth-provider: {name: azure}"),
    Variant("openstack", "no Auth Provider|removed", "removed", user="auth-provider: {name: openstack}"),
    Variant("nonsense", "no Auth Provider", "no auth-provider nonsense", user="auth-provider: {name: nonsense}"),
    Variant("oidc without a token", "Must provide", "no id-token", user="auth-provider: {name: oidc}"),
    Variant(
        "oidc with nonsense",
        "not a valid JWT",
        "not a JWT",
        user='auth-provider: {name: oidc, config: {idp-issuer-url: "https://127.0.0.1:1", client-id: x, id-token: s3cr3t}}',
    ),
    Variant("oidc that is renewed", user=oidc("id-token: EXPIRED, refresh-token: r3t-1")),
    Variant("oidc with a refresh token alone", user=oidc("refresh-token: r3t-1")),
    Variant("oidc that is not renewed any more", "invalid_grant", "does not renew the login", user=oidc("refresh-token: r3t-9")),
    Variant("oidc that cannot be renewed", "without refresh-token", "no refresh-token", user=oidc("id-token: EXPIRED")),
    Variant(
        "oidc of a provider that is down",
        "refused",
        "cannot be reached",
        user=oidc("refresh-token: r3t-1", issuer="https://127.0.0.1:1"),
    ),
    Variant("oidc of a provider nobody trusts", "unknown authority", "cannot be reached", user=oidc("refresh-token: r3t-1", trust="")),
    Variant("oidc", user='auth-provider: {name: oidc, config: {idp-issuer-url: "https://127.0.0.1:1", client-id: x, id-token: "JWT"}}'),
]

LISTS = [
    Variant("a list with a missing member", env={"KUBECONFIG": "HERE/nowhere:HERE/config"}),
    Variant("the first that names something wins", env={"KUBECONFIG": "HERE/config:HERE/dead"}),
    Variant("the first current context wins", "was refused", "refuses", env={"KUBECONFIG": "HERE/dead:HERE/config"}),
    Variant("empty members", env={"KUBECONFIG": ":HERE/config:"}),
    Variant("one file twice", env={"KUBECONFIG": "HERE/config:HERE/config"}),
    Variant("a broken member", "cannot unmarshal", "not a mapping", env={"KUBECONFIG": "HERE/config:HERE/token"}),
    Variant("a folder as member", "is a directory", "directory", env={"KUBECONFIG": "HERE/folder:HERE/config"}),
    Variant("all missing", "localhost:8080", "does not exist", env={"KUBECONFIG": "HERE/nowhere:HERE/neither"}),
]

VARIANTS = {
    f"{group}: {variant.name}": variant
    for group, variants in {
        "booleans": BOOLEANS,
        "addresses": ADDRESSES,
        "files": FILES,
        "contexts": CONTEXTS,
        "tokens": TOKENS,
        "impersonation": IMPERSONATION,
        "certificates": CERTIFICATES,
        "proxies": PROXIES,
        "exec": EXEC,
        "providers": PROVIDERS,
        "lists": LISTS,
    }.items()
    for variant in variants
}
