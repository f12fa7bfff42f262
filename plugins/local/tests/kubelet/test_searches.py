"""``dnsConfig.searches``: a pod calls the others by their short names, as an MPI launcher is called by its workers."""

from __future__ import annotations

from arena_local.kubelet.names import hosts_text, lines_of, searches_of


def test_names_below_a_searched_domain_are_known_by_their_first_part():
    pod = {"metadata": {"name": "w", "namespace": "n"}, "spec": {"dnsConfig": {"searches": ["j.n.svc.cluster.local"]}}}
    table = {"l.j.n.svc.cluster.local": ["127.77.0.2"], "l.k.n.svc.cluster.local": ["127.77.0.3"]}
    lines = hosts_text(lines_of(table, searches_of(pod)), pod, "127.77.0.1").splitlines()
    assert lines[-2:] == ["127.77.0.2\tl.j.n.svc.cluster.local l", "127.77.0.3\tl.k.n.svc.cluster.local"]
    plain = {**pod, "spec": {}}
    lines = hosts_text(lines_of(table, searches_of(plain)), plain, "127.77.0.1").splitlines()
    assert lines[-2:] == ["127.77.0.2\tl.j.n.svc.cluster.local", "127.77.0.3\tl.k.n.svc.cluster.local"]
