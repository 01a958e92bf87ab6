"""The pace at which GPT-SoVITS speaks: semantic tokens, 25 a second, for phonemes."""

from myna.engines.batching.plausibility import Pace

PACE = Pace(
    fewest=0.6,  # 40 phones per second
    typical=2.2,
    most=8.0,  # 3 phones per second
    allowance=75,  # 3 s
    fewest_judged=8,
)
