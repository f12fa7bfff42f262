"""The page of ``arena logview``: logs of jobs in the browser, from a server on this machine that can only read."""
