"""Queue labels on Pods, groups of Pods and Deployments: Kueue's pod and deployment integrations, which hold pods by scheduling gates."""

from __future__ import annotations
