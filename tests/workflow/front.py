"""The front door of a console whose only workflow is the stage's; for children that screens begin."""

import sys

import console.workflows
from tests.workflow.stage import STAGE

console.workflows.WORKFLOWS = {"stage": STAGE}

if __name__ == "__main__":
    from console.__main__ import main

    sys.exit(main())
