"""Any job inside any wrapper: a job type that carries another one says its own flags and what must hold inside, the rest is here.

A wrapper's flags are its own first, then those of the *chosen* type inside, so that one type cannot disturb another; what the type
inside does not know is refused. The types inside say in ``JobType.wrapping`` what is renamed, forced or warned of::

    WRAPPER = Wrapper("crateJob", CrateArgs, title="a Crate", forced={"ttl_after_finished": Forced(0, "the crate would be empty")})

    def model(jobs):
        return WRAPPER.model(jobs)          # JobType.args

    def build(args, jobs):
        inner = WRAPPER.inner(args, jobs)
        job, *beside = inner.build(build)
"""

from arena_core.wrapping.inner import Inner
from arena_core.wrapping.wrapper import Forced, Wrapper, WrapperArgs

__all__ = ["Forced", "Inner", "Wrapper", "WrapperArgs"]
