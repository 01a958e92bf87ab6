"""What an edit replaced, as JSON for the next program."""

import json
from dataclasses import asdict

from myna.core.edit import EditReport


def report_json(report: EditReport) -> str:
    """Return the report as JSON: `edits` in order, `sample_rate` and `engine`.

    The keys are the names of the fields of `EditReport` and `EditedSpan`.
    """
    return json.dumps(asdict(report), ensure_ascii=False, indent=2) + "\n"
