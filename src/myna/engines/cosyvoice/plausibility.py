"""The pace at which CosyVoice speaks: speech tokens, 25 a second, for text tokens."""

from myna.engines.attempts.plausibility import Pace
from myna.engines.cosyvoice.tokens.speech_token_request import MOST_PER_TEXT_TOKEN

PACE = Pace(
    fewest=2.5,
    typical=7.0,
    most=MOST_PER_TEXT_TOKEN,  # where the language model is stopped
    allowance=0,
    fewest_judged=6,
)
