"""A person beside a machine: copies from disk to disk by the sandbox's own hands, and answers what a run asks."""

import hashlib
import time


class Copyist:
    """Begins a run over volumes of one machine and does the work of its hands."""

    def __init__(self, turning, *volumes, route="", intended="", how="files"):
        self.turning, self.how, self.engine = turning, how, turning.engine()
        chosen = [(choice, choice.route(route)) for choice in (turning.choice(each, intended) for each in volumes)]
        (wish,) = turning.planner.wishes(chosen)
        self.run = self.engine.start(wish)
        self.go_on()

    def go_on(self):
        self.view = self.engine.resume(self.run)
        return self.view.run

    def answer(self, **given):
        self.engine.answer(self.run, given)
        return self.go_on()

    def give_up(self):
        return self.engine.abandon(self.run).run

    def volumes(self):
        """The new volume by the old one."""
        view = self.engine.show(self.run)
        return next(step.record.output for step in view.steps if step.name == "ebs_volume")["ids"]

    def copy(self, *, last=True):
        """Every old volume's bytes on its new one; a copy that was not the last lacks what came since."""
        cloud = self.turning.cloud
        for old, new in self.volumes().items():
            text = cloud.read(old)
            cloud.write(new, text if last else text[:-1])

    def digests(self, *, claimed=False):
        """What the machine says of each side; or what somebody claims it said."""
        lines = []
        for old, new in self.volumes().items():
            for volume, read in ((old, old), (new, old if claimed else new)):
                data = self.turning.cloud.read(read).encode()
                lines.append(f"{hashlib.sha256(data).hexdigest()} {volume} {len(data)}")
        return "\n".join(lines)

    def step(self):
        """One answer of a person who does what is shown."""
        step = self.view.run.step
        if step == "ebs_beside":
            return self.answer(how=self.how)
        if step in ("ebs_copy", "ebs_compare"):
            self.copy(last=step == "ebs_compare")
        return self.answer(output=self.digests()) if step == "ebs_compare" else self.answer(done=True)

    def until(self, step):
        """Answer by answer, up to this step."""
        for _ in range(12):
            if self.view.run.step == step:
                return
            self.step()
        raise AssertionError(f"{self.view.run.step}: {self.view.run.reason}")

    def all(self):
        """Up to the question whether the old may go."""
        self.until("retire")

    def end(self):
        """Much later: the old goes."""
        self.turning.now = time.time() + 8 * 86_400
        self.engine = self.turning.engine()
        self.answer(confirm=self.view.run.subject)
        self.turning.now = None
