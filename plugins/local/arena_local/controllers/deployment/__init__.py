"""apps/v1 Deployment."""

from __future__ import annotations

from arena_local.controllers.deployment.controller import DeploymentController

__all__ = ["DeploymentController"]
