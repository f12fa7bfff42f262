"""Kind, labels and containers of the Spark operator and of Spark itself."""

from arena_core.contract.types import Resource

RESOURCE = Resource("sparkoperator.k8s.io", "v1beta2", "SparkApplication", "sparkapplications")
APP_NAME = "sparkoperator.k8s.io/app-name"
ROLE, EXECUTOR_ID = "spark-role", "spark-exec-id"
DRIVER, EXECUTOR = "driver", "executor"
#: The containers as Spark names them.
CONTAINERS = {DRIVER: "spark-kubernetes-driver", EXECUTOR: "spark-kubernetes-executor"}
