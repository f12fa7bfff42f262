"""The small process between the kubelet and a container; standard library only, run outside the package (``python -I -S zygote.py``)."""
