"""A story with words, for screens: a key is made, another party confirms, the old one goes."""

from pathlib import Path

from console.text import Text
from console.workflow import Field, Kind, Lane, Step, Workflow
from tests.workflow.toys import append, many, once, undo

WORDS = {
    "wf.stage": ("Sleutel vervangen", "Replace a key"),
    "wf.stage.choose": ("Route kiezen", "Choose a route"),
    "wf.stage.choose.tells": ("U kiest hoe {subject} een nieuwe datasleutel krijgt.", "You choose how {subject} gets a new data key."),
    "wf.stage.choose.route": ("Route", "Route"),
    "wf.stage.choose.route.copy": ("kopiëren naar een nieuw volume", "copy to a fresh volume"),
    "wf.stage.choose.route.transit": ("omweg langs een tussensleutel", "detour by a transit key"),
    "wf.stage.choose.keep": ("Oude volumes nog bewaren", "Keep the old volumes for now"),
    "wf.stage.choose.note": ("Opmerking voor het verslag", "Note for the report"),
    "wf.stage.choose.note.hint": ("Komt in het bewijs te staan.", "Becomes part of the evidence."),
    "wf.stage.make": ("Volume maken", "Make the volume"),
    "wf.stage.make.tells": ("Maakt een nieuw volume onder de CMK van {subject}, langs route {route}.", "Makes a fresh volume under the CMK of {subject}, by route {route}."),
    "wf.stage.copy": ("Gegevens kopiëren", "Copy the data"),
    "wf.stage.copy.tells": ("Kopieert alle blokken; dat kan onderbroken en hervat worden.", "Copies all blocks; that can be interrupted and resumed."),
    "wf.stage.check": ("Nakijken bij de afnemer", "Check at the tenant"),
    "wf.stage.check.tells": ("De afnemer kijkt na of de toepassing het nieuwe volume gebruikt.", "The tenant checks that the application uses the fresh volume."),
    "wf.stage.check.shown": ("Plak hier wat het commando toont", "Paste here what the command shows"),
    "wf.stage.retire": ("Oude volume verwijderen", "Delete the old volume"),
    "wf.stage.retire.tells": ("Verwijdert het oude volume van {subject}. Daarna is terugkeren niet meer mogelijk.", "Deletes the old volume of {subject}. After that there is no way back."),
}  # fmt: skip


class Spoken(Text):
    """A language with the stage's own words beside the catalogue's."""

    def __init__(self, lang, **rest):
        super().__init__(lang, **rest)
        self._words = _Words(self._words, ("nl", "en").index(lang))


class _Words:
    def __init__(self, inner, at):
        self._inner, self._at = inner, at

    def gettext(self, key):
        return WORDS[key][self._at] if key in WORDS else self._inner.gettext(key)

    def ngettext(self, *key):
        return self._inner.ngettext(*key)


def retire(ctx):
    append(ctx.facts["folder"], f"{ctx.run_id} retired")
    return {"deleted": ctx.facts["volume"]}


STAGE = Workflow(
    "stage",
    (
        Step(
            "choose",
            ask=(
                Field("route", Kind.CHOICE, default="copy", choices=("copy", "transit")),
                Field("keep", Kind.YES_NO, default=True),
                Field("note", required=False),
            ),
        ),
        Step("make", **once("make"), undo=undo("make"), says=lambda known: {"route": known.answers["choose"]["route"]}),
        Step("copy", many),
        Step(
            "check",
            commands=lambda known: (
                f"aws ec2 describe-volumes --volume-ids {known.facts['volume']} \\\n    --query 'Volumes[].Attachments'",
            ),
            evidence=(Field("shown", Kind.PASTED),),
            lane=Lane.TENANT,
        ),
        Step("retire", retire, final=True),
    ),
)


def facts(folder):
    return {"folder": str(Path(folder)), "volume": "vol-0a1b2c3d4e5f60001"}
