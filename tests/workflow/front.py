"""The front door of a console whose only workflow is the stage's; for children that screens begin."""

import sys

import console.workflows
from tests.workflow.stage import STAGE

console.workflows.WORKFLOWS = {"stage": STAGE}

if __name__ == "__main__":
    import console.__main__ as front

    front._front_door = lambda settings: (sys.executable, "-m", "tests.workflow.front", "--store", str(settings.store))
    sys.exit(front.main())
