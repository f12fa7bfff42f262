"""The scripts of ``--init-backend ray``: they form a cluster of Ray of a group's pods, then run the command."""

from __future__ import annotations

PATH = "/etc/ray_init.sh"
PORT = 6379
#: Seconds for all pods of a group to join.
PATIENCE = 300

LEADER = f"""\
#!/bin/sh
# SHELL COMMAND: start Ray's head, wait for every node of the group, run the command.
ray start --head --port={PORT} || exit 1
until=$(( $(date +%s) + {PATIENCE} ))
while [ "$(date +%s)" -lt "$until" ]; do
  nodes=$(python3 -c 'import ray; ray.init(address="auto", log_to_driver=False); print(sum(n["Alive"] for n in ray.nodes()))' | tail -n 1)
  [ "${{nodes:-0}}" -ge "$WORLD_SIZE" ] && exec "$1" -c "$2"
  echo "${{nodes:-0}} of $WORLD_SIZE nodes have joined"
  sleep 5
done
echo "not all of $WORLD_SIZE nodes have joined in {PATIENCE} seconds" >&2
exit 1
"""

WORKER = f"""\
#!/bin/sh
# SHELL [COMMAND]: join the head, then run the command, or stay as long as Ray does.
until=$(( $(date +%s) + {PATIENCE} ))
while [ "$(date +%s)" -lt "$until" ]; do
  if [ -z "$2" ]; then
    ray start --address="$MASTER_ADDR:{PORT}" --block && exit 0
  elif ray start --address="$MASTER_ADDR:{PORT}"; then
    exec "$1" -c "$2"
  fi
  echo "the head at $MASTER_ADDR:{PORT} does not answer yet"
  sleep 5
done
echo "could not join the head at $MASTER_ADDR:{PORT} in {PATIENCE} seconds" >&2
exit 1
"""
