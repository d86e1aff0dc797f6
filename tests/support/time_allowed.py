"""Limits of time in tests, which are for a plain build."""
import os


def time_allowed(seconds):
    """So long a build with sanitizers may take for what a plain one has `seconds` for."""
    return seconds * int(os.environ.get("ATTEMPT_TIME_FACTOR", "1"))
