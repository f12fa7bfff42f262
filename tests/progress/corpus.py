"""Lines in the forms that tools document, with what they say: (name, text, {field: value}). Figures are made up."""

from __future__ import annotations

from typing import Any

BAR = "█████     "

TRAINING: list[tuple[str, str, dict[str, Any]]] = [
    ("tqdm", f" 45%|{BAR}| 450/1000 [00:10<00:12, 43.21it/s]", {"step": 450, "total": 1000, "rate": 43.21, "eta": 12}),
    ("tqdm ascii", " 45%|####5     | 450/1000 [00:10<00:12, 43.21it/s, loss=0.123]", {"step": 450, "total": 1000, "loss": 0.123}),
    ("tqdm slow", f"  3%|{BAR}| 3/100 [01:10<38:12, 23.6s/it]", {"step": 3, "total": 100, "rate": 1 / 23.6, "eta": 2292}),
    ("tqdm over itself", f"\r  1%|{BAR}| 10/1000 [00:01<01:30]\r  2%|{BAR}| 20/1000 [00:02<01:28, 11.0it/s]", {"step": 20, "total": 1000}),
    ("tqdm hours", f" 45%|{BAR}| 4500/10000 [1:02:03<1:15:50, 1.21it/s]", {"step": 4500, "eta": 4550}),
    (
        "tqdm description",
        f"Training: 12%|{BAR}| 120/1000 [00:10<01:12, 12.1it/s, acc=0.91, loss=0.3]",
        {"step": 120, "total": 1000, "loss": 0.3, "acc": 0.91},
    ),
    (
        "tqdm epoch of so many",
        f"Epoch 3/10: 45%|{BAR}| 450/1000 [00:10<00:12, 43.2it/s]",
        {"epoch": 3, "epochs": 10, "step": 450, "total": 1000},
    ),
    ("tqdm epochs", f"Epochs:  30%|{BAR}| 3/10 [10:00<23:20, 200.0s/it]", {"step": 3, "total": 10}),
    ("tqdm k", f" 10%|{BAR}| 1.00k/10.0k [00:10<01:30, 100it/s]", {"step": 1000, "total": 10000}),
    (
        "HF Trainer",
        f"{{'loss': 0.5213, 'grad_norm': 1.9, 'learning_rate': 4.2e-05, 'epoch': 1.35}}\n 45%|{BAR}| 450/1000 [05:10<06:12, 1.48it/s]",
        {"step": 450, "total": 1000, "epoch": 1.35, "loss": 0.5213},
    ),
    (
        "HF Trainer dictionary",
        "{'loss': 0.5213, 'learning_rate': 4.2e-05, 'epoch': 1.35}",
        {"epoch": 1.35, "loss": 0.5213, "learning_rate": 4.2e-05},
    ),
    (
        "HF Trainer texts",
        "{'loss': '0.52', 'grad_norm': '1.9', 'learning_rate': '4.2e-05', 'epoch': '1.35'}",
        {"epoch": 1.35, "loss": 0.52},
    ),
    (
        "HF end",
        "{'train_runtime': 123.4, 'train_samples_per_second': 81.0, 'train_loss': 0.41, 'epoch': 3.0}",
        {"epoch": 3.0, "train_loss": 0.41},
    ),
    (
        "Lightning",
        f"Epoch 3:  45%|{BAR}| 450/1000 [00:10<00:12, 43.21it/s, v_num=0, train_loss=0.123]",
        {"epoch": 4, "step": 450, "train_loss": 0.123},
    ),
    (
        "Lightning rich",
        "Epoch 3/9  ━━━━━━━━━━━━━━━ 450/1000 0:00:10 • 0:00:12 43.21it/s v_num: 0.000 train_loss: 0.123",
        {"epoch": 4, "epochs": 10, "step": 450, "total": 1000, "train_loss": 0.123},
    ),
    (
        "Keras 2",
        "Epoch 3/10\n450/1000 [============>.................] - ETA: 12s - loss: 0.2345 - accuracy: 0.9123",
        {"epoch": 3, "epochs": 10, "step": 450, "total": 1000, "eta": 12, "loss": 0.2345, "accuracy": 0.9123},
    ),
    ("Keras 2 minutes", "450/1000 [====>....] - ETA: 1:12 - loss: 2.1e-3", {"step": 450, "eta": 72, "loss": 0.0021}),
    (
        "Keras 2 end of epoch",
        "1000/1000 [==============================] - 23s 23ms/step - loss: 0.2 - val_loss: 0.3",
        {"step": 1000, "total": 1000, "val_loss": 0.3},
    ),
    (
        "Keras 3",
        "Epoch 3/10\n\x1b[1m 450/1000\x1b[0m \x1b[32m━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━\x1b[0m \x1b[1m12s\x1b[0m 23ms/step - accuracy: 0.9123 - loss: 0.2345",
        {"epoch": 3, "epochs": 10, "step": 450, "total": 1000, "loss": 0.2345},
    ),
    (
        "Megatron",
        " [2026-01-01 10:00:00] iteration     1200/  500000 | consumed samples:       614400 | elapsed time per iteration (ms): 812.5 | learning rate: 1.500E-04 | global batch size:   512 | lm loss: 3.214E+00 | grad norm: 0.982 |",
        {"step": 1200, "total": 500000, "rate": 1000 / 812.5, "lm loss": 3.214},
    ),
    (
        "GPT-NeoX",
        " samples/sec: 12.3 | iteration      450/    1000 | elapsed time per iteration (ms): 2000.0 | learning rate: 6.0E-05 | lm_loss: 2.5E+00 |",
        {"step": 450, "total": 1000, "rate": 0.5, "lm_loss": 2.5},
    ),
    (
        "DeepSpeed step",
        "[2026-01-01 10:00:00,123] [INFO] [logging.py:96:log_dist] [Rank 0] step=450, skipped=0, lr=[0.001], mom=[(0.9, 0.999)]",
        {"step": 450, "lr": 0.001},
    ),
    ("DeepSpeed steps", "steps: 450 loss: 2.3451 iter time (s): 0.512 samples/sec: 62.5", {"step": 450, "loss": 2.3451}),
    (
        "MMEngine",
        "01/01 10:00:00 - mmengine - INFO - Epoch(train)  [3][ 450/1000]  lr: 1.0000e-03  eta: 1:02:03  time: 0.51  data_time: 0.01  memory: 3000  loss: 0.3456",
        {"epoch": 3, "step": 450, "total": 1000, "eta": 3723, "loss": 0.3456},
    ),
    (
        "MMCV",
        "2026-01-01 10:00:00,000 - mmdet - INFO - Epoch [3][450/1000]\tlr: 2.000e-02, eta: 1 day, 2:03:04, time: 0.5, loss: 0.6789",
        {"epoch": 3, "step": 450, "total": 1000, "eta": 93784, "loss": 0.6789},
    ),
    (
        "MMEngine iterations",
        "01/01 10:00:00 - mmengine - INFO - Iter(train) [  450/80000]  lr: 1.0e-02  eta: 10:02:03  time: 0.5  loss: 1.2",
        {"step": 450, "total": 80000, "eta": 36123, "loss": 1.2},
    ),
    (
        "Detectron2",
        "[01/01 10:00:00 d2.utils.events]:  eta: 0:32:10  iter: 1999  total_loss: 0.5234  loss_cls: 0.12  time: 0.21  lr: 0.00025",
        {"step": 1999, "eta": 1930, "total_loss": 0.5234},
    ),
    (
        "Ultralytics",
        f"      3/100      2.31G      1.021     0.9123      1.102         64        640:  45%|{BAR}| 45/100 [00:10<00:12,  4.31it/s]",
        {"epoch": 3, "epochs": 100, "step": 45, "total": 100},
    ),
    (
        "torchvision",
        "Epoch: [3]  [ 450/1000]  eta: 0:05:12  lr: 0.1  img/s: 1021.2  loss: 2.3012 (2.5123)  acc1: 45.31 (42.10)  time: 0.2",
        {"epoch": 3, "step": 450, "total": 1000, "eta": 312, "loss": 2.3012},
    ),
    (
        "ImageNet example",
        "Epoch: [3][ 450/1000]\tTime  0.213 ( 0.301)\tData  0.001 ( 0.002)\tLoss 2.3012e+00 (2.5e+00)\tAcc@1  45.31 ( 42.10)",
        {"epoch": 3, "step": 450, "total": 1000, "Loss": 2.3012},
    ),
    ("MNIST example", "Train Epoch: 3 [38400/60000 (64%)]\tLoss: 0.123456", {"epoch": 3, "step": 38400, "total": 60000, "Loss": 0.123456}),
    ("plain", "epoch 3/10 loss 0.12", {"epoch": 3, "epochs": 10, "loss": 0.12}),
    (
        "plain colon",
        "Epoch 3/10: train_loss: 0.1234, val_loss: 0.2345, val_acc: 0.91",
        {"epoch": 3, "epochs": 10, "train_loss": 0.1234, "val_acc": 0.91},
    ),
    (
        "plain brackets",
        "Epoch [3/10], Step [450/1000], Loss: 0.1234",
        {"epoch": 3, "epochs": 10, "step": 450, "total": 1000, "Loss": 0.1234},
    ),
    ("plain of", "Epoch 3 of 10 - loss=0.1234 - lr=0.001", {"epoch": 3, "epochs": 10, "loss": 0.1234, "lr": 0.001}),
    ("plain equals", "epoch=3 loss=0.1234 acc=0.95", {"epoch": 3, "loss": 0.1234, "acc": 0.95}),
    (
        "plain with time",
        "2026-01-01 10:00:00,123 INFO train: epoch 3/10 step 450/1000 loss 0.1234",
        {"epoch": 3, "epochs": 10, "step": 450, "total": 1000, "loss": 0.1234},
    ),
    ("plain step", "step 450/1000 loss 0.12", {"step": 450, "total": 1000, "loss": 0.12}),
    ("plain step colon", "Step 450: loss = 0.1234 (0.023 sec)", {"step": 450, "loss": 0.1234}),
    ("nanoGPT", "iter 450: loss 2.3456, time 23.45ms, mfu 12.34%", {"step": 450, "loss": 2.3456}),
    ("plain iteration", "Iteration 450 / 1000, train loss: 0.321", {"step": 450, "total": 1000, "train loss": 0.321}),
    ("TF estimator", "INFO:tensorflow:loss = 0.1234, step = 450 (12.345 sec)", {"step": 450, "loss": 0.1234}),
    ("TF object detection", "INFO:tensorflow:global step 450: loss = 1.2345 (0.321 sec/step)", {"step": 450, "loss": 1.2345}),
    (
        "fairseq",
        "2026-01-01 10:00:00 | INFO | train_inner | epoch 003:    450 / 1000 loss=4.321, nll_loss=2.9, ppl=7.5, wps=30123, num_updates=2450",
        {"epoch": 3, "step": 450, "total": 1000, "loss": 4.321},
    ),
    (
        "fairseq JSON",
        '2026-01-01 | INFO | train | {"epoch": 3, "update": 2.45, "loss": "4.321", "ppl": "7.5", "num_updates": "2450", "lr": "0.0005"}',
        {"epoch": 3, "loss": 4.321},
    ),
    ("JSON lines", '{"step": 450, "loss": 0.1234, "lr": 0.001}', {"step": 450, "loss": 0.1234}),
    ("JSON with total", '{"global_step": 450, "max_steps": 1000, "loss": 0.1234}', {"step": 450, "total": 1000, "loss": 0.1234}),
    ("XGBoost", "[45]\ttrain-rmse:0.12345\teval-rmse:0.23456", {"step": 45, "train-rmse": 0.12345}),
    ("LightGBM", "[45]\ttraining's l2: 0.12345\tvalid_1's l2: 0.23456", {"step": 45}),
    ("CatBoost", "45:\tlearn: 0.1234567\ttotal: 1.2s\tremaining: 3.4s", {"step": 45, "learn": 0.1234567, "eta": 3.4}),
    (
        "Paddle",
        "2026-01-01 10:00:00 [INFO]\t[TRAIN] epoch: 3, iter: 450/1000, loss: 0.3456, lr: 0.001, batch_cost: 0.21, ETA 00:12:34",
        {"epoch": 3, "step": 450, "total": 1000, "loss": 0.3456, "eta": 754},
    ),
    (
        "OpenNMT",
        "[2026-01-01 10:00:00,000 INFO] Step 450/ 1000; acc:  45.31; ppl: 12.34; xent: 2.51; lr: 0.00012; 3021/3121 tok/s;    123 sec",
        {"step": 450, "total": 1000, "acc": 45.31, "ppl": 12.34},
    ),
    (
        "torchtune",
        f"1|450|Loss: 1.2345:  45%|{BAR}| 450/1000 [05:10<06:12,  1.48it/s]",
        {"epoch": 1, "step": 450, "total": 1000, "Loss": 1.2345},
    ),
    (
        "torchtitan",
        "[titan] 2026-01-01 - root - INFO - step: 450  loss:  3.2145  memory: 30.12GiB(31.70%)  tps: 4,101  mfu: 41.20%",
        {"step": 450, "loss": 3.2145},
    ),
    (
        "AllenNLP",
        "accuracy: 0.9123, loss: 0.2345 ||:  45%|####5     | 450/1000 [00:10<00:12, 43.2it/s]",
        {"step": 450, "total": 1000, "loss": 0.2345},
    ),
    ("Flax", "I0101 10:00:00.000000 1234 train.py:123] train epoch: 3, loss: 0.1234, accuracy: 98.12", {"epoch": 3, "loss": 0.1234}),
    (
        "Composer",
        f"train          Epoch 3:   45%|{BAR}| 450/1000 [00:10<00:12, 43.2ba/s, loss/train/total=0.1234]",
        {"step": 450, "total": 1000},
    ),
    (
        "Diffusers",
        f"Steps:  45%|{BAR}| 450/1000 [05:10<06:12,  1.48it/s, lr=1e-5, step_loss=0.0321]",
        {"step": 450, "total": 1000, "step_loss": 0.0321},
    ),
    ("YOLOv5 header", "Epoch 3/10, Batch 450/1000, Loss: 1.234", {"epoch": 3, "epochs": 10, "step": 450, "total": 1000, "Loss": 1.234}),
    ("RL", "episode 45/100 reward: 12.3, update 450/1000", {"step": 450, "total": 1000}),
]

#: Ordinary lines that say nothing of a training's progress.
ORDINARY: list[str] = """\
INFO: Started server process [1234]
127.0.0.1 - - [01/Jan/2026 10:00:00] "GET /step/3/10 HTTP/1.1" 200 1234
Step 3/10 : RUN pip install torch
#12 [ 3/10] RUN apt-get update
[3/10] Building CXX object src/main.o
[ 45%] Building CXX object CMakeFiles/x.dir/y.cpp.o
Collecting torch==2.1.0
Downloading torch-2.1.0-cp311-linux_x86_64.whl (670.2 MB)
     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 301.2/670.2 MB 12.3 MB/s eta 0:00:31
Downloading (…)model.bin:  45%|████▌     | 450M/1.00G [00:10<00:12, 43.2MB/s]
model.safetensors:  45%|████▌     | 450M/1.00G [00:10<00:12, 43.2MB/s]
Map:  45%|████▌     | 450/1000 [00:10<00:12, 43.2 examples/s]
Loading checkpoint shards:  50%|█████     | 1/2 [00:10<00:10, 10.1s/it]
Tokenizing:  45%|████▌     | 450/1000 [00:10<00:12, 43.2it/s]
Validating:  45%|████▌     | 450/1000 [00:10<00:12, 43.2it/s]
Sanity Checking DataLoader 0: 100%|██████████| 2/2 [00:00<00:00, 10.1it/s]
Testing DataLoader 0:  45%|████▌     | 45/100 [00:00<00:00, 100.1it/s]
Filter:  45%|████▌     | 450/1000 [00:10<00:12, 43.2 examples/s]
Generating train split:  45%|████▌     | 450/1000 [00:10<00:12, 43.2 examples/s]
Fetching 12 files:  45%|████▌     | 5/12 [00:10<00:12, 1.2it/s]
{'eval_loss': 0.41, 'eval_accuracy': 0.91, 'eval_runtime': 12.3, 'epoch': 1.0}
{"level": "info", "msg": "request served", "status": 200, "step": 3}
{"time": "2026-01-01", "level": "error", "message": "connection lost", "retry": 3}
rank 3/8 started
worker 1/4 is ready
Initializing process group: rank 0, world size 8
retry 2/5 after timeout
page 3/10 processed
Saving checkpoint to /ckpt/step_450
Saved checkpoint at step 450
Loaded checkpoint from epoch 3
Resuming from step 450
Epoch time: 123.4 seconds
The epoch is 1767225600
unix epoch: 1767225600.123
kafka: leader epoch 3 for partition 4
Received leader epoch=5, zxid=0x3
Starting epoch 3
Total parameters: 1,234,567
Using device: cuda:0
CUDA version 12.1, driver 535.104
NCCL INFO Channel 03/08 : 0 1 2 3
NCCL INFO Bootstrap : Using eth0:10.0.0.1<0>
Traceback (most recent call last):
  File "train.py", line 450, in <module>
RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 79.15 GiB total capacity)
ValueError: loss is nan
warning: learning rate 0.1 is large
config: lr=0.001 batch_size=32 epochs=10 seed=42
Arguments: --epochs 10 --lr 0.001 --steps 1000
num_epochs: 10
max_steps = 1000
batch size 32, 1000 steps per epoch
Dataset: 60000 train, 10000 test
accuracy: 0.91 on the test set
Test set: Average loss: 0.0321, Accuracy: 9912/10000 (99%)
Validation Epoch: 3 [450/1000] Loss: 0.4
final loss 0.1234
Best accuracy so far 91.2
Training finished in 1:02:03
mean error 0.12 after correction
The return code was 3
error: 3 files not found
1/1 tests passed
tests/test_x.py ..........                                               [ 45%]
tests/test_step.py::test_1 PASSED [ 50%]
Progress: 45%
45% [=============>                  ] 301,234  1.2MB/s  eta 12s
remote: Counting objects: 45% (450/1000)
Receiving objects:  45% (450/1000), 1.20 MiB | 300.00 KiB/s
Resolving deltas: 100% (450/450), done.
Unpacking files: 45/100
Processing item 450 of 1000
Copied 450/1000 files
2026-01-01T10:00:00Z INFO reconciler: synced 3/10 objects
I0101 10:00:00.000000 1 leaderelection.go:250] attempting to acquire leader lease
pod/mnist-worker-0 is Running (3/3)
Memory: 30.12/79.15 GiB
GPU 0: 45% 30000MiB / 80000MiB
tokens/s: 1234.5
latency p50 12ms p99 45ms
Connected to redis at 10.0.0.1:6379
Server listening on 0.0.0.0:8000
Listening for rendezvous on port 29500
[W socket.cpp:601] [c10d] The client socket has failed to connect
Elapsed 450/1000 s
batch job 3/10 submitted
batch 3 of 10 was rejected
Iteration limit reached
Iterations: 450
update 3 of 10 packages
Installing update 3/10
Get:3 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36 [2,757 kB]
Setting up libc6 (2.36-9) ...
npm WARN deprecated step@1.0.0
Running migrations: 3/10
Compiling 45/100 crates
hello
---
0.1234
450
3/10
date: 3/10/2026
ratio 16/9
gRPC error 14 at step 3
retrying batch 3 error: 504
iteration 3 error 500 from upstream
optimizer: SGD lr=0.1 momentum=0.9 step=30
Early stopping: no improvement of loss 0.3 since epoch 3
Best loss 0.12 at epoch 3
Restoring model from epoch 3 (loss 0.12)
Learning rate 0.1 after epoch 3
""".splitlines()
