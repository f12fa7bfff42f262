"""Data-parallel training with real PyTorch (gloo): a linear model that all ranks must agree on.

torch.distributed reads MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE from the environment, as a PyTorchJob sets them.
"""

import array
import hashlib

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel


def main():
    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(0)
    model = DistributedDataParallel(torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    target = torch.arange(8.0).unsqueeze(1)
    data = torch.Generator().manual_seed(rank)
    loss = torch.tensor(0.0)
    for epoch in range(1, 21):
        inputs = torch.randn(64, 8, generator=data)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), inputs @ target)
        loss.backward()
        optimizer.step()
        if epoch % 5 == 0:
            print(f"[rank {rank}/{world}] epoch {epoch} loss {loss.item():.5f}", flush=True)
    weights = array.array("f", (w for p in model.parameters() for w in p.detach().flatten().tolist()))
    total = torch.ones(1)
    dist.all_reduce(total)
    assert int(total.item()) == world
    print(
        f"[rank {rank}/{world}] done: loss {loss.item():.5f}, weight checksum {hashlib.sha256(weights.tobytes()).hexdigest()[:16]}",
        flush=True,
    )
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
