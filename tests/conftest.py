"""Settings for every test: examples that are repeatable and have no time limit of their own."""

from hypothesis import HealthCheck, settings

# A busy machine must not fail a test; pytest-timeout stops what hangs.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")
