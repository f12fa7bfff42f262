"""What a person may say when submitting a SparkApplication."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import Duration, EnvMap, JobArgs, ObjectName, SharedMemoryArgs, SyncArgs, WorkdirArgs, flag
from arena_core.contract.types import Problem
from arena_core.families.args import KueueArgs, ModelArgs, SchedulingArgs
from arena_sparkjob.values import JvmMemory

SPARK, RESOURCES = "Spark", "Resources"
#: The image's own folder: ``--working-dir`` has an effect where it says something else than Arena's default.
UNSAID = "/root"
#: A flag under each of the headings of help.
_spark = partial(flag, group=SPARK)
_resources = partial(flag, group=RESOURCES)


def _cores(role: str, whose: str) -> Any:
    return _resources(1, help=f"Cores of {whose}.", often=True, ge=1, name=f"{role}-cpu-request", paths=(f"spec.{role}.cores",))


def _memory(role: str, whose: str) -> Any:
    text, name = f"Memory of {whose}'s heap (512m, 2g).", f"{role}-memory-request"
    return _resources("500m", help=text, often=True, name=name, metavar="MEMORY", paths=(f"spec.{role}.memory",))


class SparkJobArgs(KueueArgs, WorkdirArgs, SyncArgs, ModelArgs, SchedulingArgs, SharedMemoryArgs, JobArgs):
    """Flags of ``arena submit sparkjob``. Words behind the flags are the arguments of the application."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    #: The UI's Service is NAME-ui-svc, the account's role NAME-spark.
    NAME_MAX: ClassVar[int] = 49
    REQUIRES_COMMAND: ClassVar[bool] = False
    WORDS: ClassVar[str] = "Words behind the flags are the arguments of the application, which --jar names."

    image: str = flag("spark:3.5.0", help="Container image.", often=True, metavar="IMAGE", paths=("spec.image",))
    workers: int = flag(
        1, help="Number of executors.", ge=1, often=True, name="replicas", old=("workers", "executors"), paths=("spec.executor.instances",)
    )
    main_class: str = _spark(
        "org.apache.spark.examples.SparkPi",
        help="Main class of a program in Scala or Java.",
        often=True,
        metavar="CLASS",
        paths=("spec.mainClass",),
    )
    jar: str = _spark(
        "local:///opt/spark/examples/jars/spark-examples_2.12-3.5.0.jar",
        help="The application: a jar, a .py or a .R file (local:// is a file of the image).",
        often=True,
        metavar="URI",
        paths=("spec.mainApplicationFile",),
    )
    spark_version: str = _spark("3.5.0", help="Version of Spark in the image.", metavar="VERSION", paths=("spec.sparkVersion",))
    language: Literal["", "Scala", "Java", "Python", "R"] = _spark(
        "", help="Language of the application (empty: by the file's ending, else Scala).", often=False, paths=("spec.type",)
    )
    spark_conf: EnvMap = _spark(
        {},
        help="Property of Spark (spark.sql.shuffle.partitions=8); repeatable.",
        metavar="KEY=VALUE",
        often=False,
        paths=("spec.sparkConf",),
    )
    driver_cores: int = _cores("driver", "the driver")
    driver_memory: JvmMemory = _memory("driver", "the driver")
    executor_cores: int = _cores("executor", "each executor")
    executor_memory: JvmMemory = _memory("executor", "each executor")
    service_account: ObjectName = _spark(
        "",
        help="ServiceAccount of the driver, which makes the executors (empty: one that is made for this job).",
        name="driver-service-account",
        metavar="NAME",
        often=False,
        paths=("spec.driver.serviceAccount",),
    )
    retry: int = flag(
        0,
        help="How often the application is run again after a failure.",
        ge=0,
        often=False,
        paths=("spec.restartPolicy.onFailureRetries", "spec.restartPolicy"),
    )
    ttl_after_finished: Duration = flag(
        0, help="Delete the job this long after its end (0 = never).", group="Run policy", often=False, paths=("spec.timeToLiveSeconds",)
    )

    @property
    def account(self) -> str:
        """The ServiceAccount of the driver."""
        return self.service_account or f"{self.name}-spark"

    @property
    def kind_of_program(self) -> str:
        """The language of the application."""
        endings = {".py": "Python", ".r": "R"}
        return self.language or next((found for end, found in endings.items() if self.jar.lower().endswith(end)), "Scala")

    def rules(self) -> Iterator[Problem]:
        """What Spark on Kubernetes cannot do."""
        yield from super().rules()
        if not self.image:
            yield Problem("the container image is missing", "image", "give one with --image")
        if not self.jar:
            yield Problem("the application is missing", "jar", "give its file with --jar")
        if self.shell != "sh":
            yield Problem("no shell runs an application of Spark", "shell", "leave it out")
        if self.gang and not self.scheduler.startswith("volcano"):
            yield Problem("the driver makes the executors, so that only Volcano can hold room for them", "gang", "add --scheduler volcano")

    def notes(self) -> Iterator[str]:
        """What depends on how the operators are set up."""
        yield from super().notes()
        if self.gang:
            yield "--gang has an effect where the Spark operator runs with batch scheduling (controller.batchScheduler of its chart)"
        if self.kueue_queue:
            yield "Kueue knows SparkApplications only behind its feature gate SparkApplicationIntegration; an AppWrapper is always known"
