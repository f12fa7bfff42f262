"""The operator's part of the local cluster where no recording shows it, on an API that only notes what is written."""

from __future__ import annotations

from arena_mpijob.local.controller import MPIJobController
from arena_mpijob.local.names import view
from arena_mpijob.local.objects import launcher, place


class Notes:
    """Gives a new version with each write, and refuses an old one."""

    def __init__(self):
        self.version, self.written = 1, []

    def update(self, obj, *, manager):
        assert obj["metadata"]["resourceVersion"] == str(self.version)
        self.version += 1
        self.written.append(obj)
        return {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}

    update_status = update


def job(suspend=False, **spec):
    template = {"spec": {"containers": [{"name": "mpi", "image": "i"}], **spec}}
    specs = {"Launcher": {"template": template}, "Worker": {"replicas": 1, "template": template}}
    body = {"runPolicy": {"suspend": suspend}, "mpiReplicaSpecs": specs}
    return {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": {"name": "j", "namespace": "n", "uid": "u"}, "spec": body}


def stored(suspend, status):
    found = launcher(view(job()))
    found["spec"]["suspend"] = suspend
    return {**found, "metadata": {**found["metadata"], "resourceVersion": "1"}, "status": status}


def test_a_launcher_whose_start_is_not_taken_back_yet_is_placed_all_the_same():
    api = Notes()
    resumed = MPIJobController(api)._suspend(view(job(nodeSelector={"a": "b"})), stored(True, {"startTime": "t", "ready": 0}))
    assert api.written[0]["status"] == {"ready": 0}
    assert (resumed["spec"]["suspend"], resumed["spec"]["template"]["spec"]["nodeSelector"]) == (False, {"a": "b"})


def test_a_launcher_that_is_suspended_keeps_its_template():
    api, old = Notes(), stored(False, {"startTime": "t"})
    held = MPIJobController(api)._suspend(view(job(suspend=True, nodeSelector={"a": "b"})), old)
    assert held["spec"] == {**old["spec"], "suspend": True} and len(api.written) == 1


def test_what_a_queue_took_back_goes():
    template = {"metadata": {"labels": {"a": "1"}}, "spec": {"nodeSelector": {"a": "b"}, "tolerations": [{}]}}
    place(template, {"metadata": {"labels": {"b": "2"}}, "spec": {"tolerations": [{"operator": "Exists"}]}})
    assert template == {"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"tolerations": [{"operator": "Exists"}]}}
