"""Every guided story that ships can be told: all its words are there, and its steps are named apart."""

import pytest

from console.workflow.model import Known
from console.workflow.views import listed
from console.workflows import WORKFLOWS
from tests.workflow.texts import missing_texts


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda workflow: workflow.name)
def test_a_workflow_has_all_its_words(workflow):
    """Titles, what each step will do, and every field, in both languages."""
    assert not missing_texts(workflow)


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda workflow: workflow.name)
def test_a_step_s_name_is_its_identity(workflow):
    """No two steps of a workflow share a name; one that judges asks something."""
    steps = listed(workflow, Known())
    assert len({step.name for step in steps}) == len(steps)
    assert all(step.ask for step in steps if step.four_eyes)
