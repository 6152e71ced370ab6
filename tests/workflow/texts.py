"""Whether a workflow has all its words."""

from contextlib import suppress

from console.text import Text
from console.workflow.model import CONFIRM, Known, NotKnownYet
from console.workflow.views import listed


def missing_texts(workflow, known=None):
    """Text keys that a workflow's titles, sentences and fields need and that either language lacks."""
    known = known or Known()
    wanted = {workflow.key()}
    for step in listed(workflow, known):
        wanted |= {workflow.key(step.name), workflow.key(step.name, "tells")}
        for by_hand in (False, True):
            with suppress(NotKnownYet):
                fields = [field for field in step.fields(known, by_hand=by_hand) if field is not CONFIRM]
                wanted |= {workflow.key(step.name, field.name) for field in fields}
    return {key for key in wanted for lang in ("nl", "en") if not Text(lang).has(key)}
