"""Requests for CMKs as people read them, and as JSON: lists, one with its history, checks, and what is handed over."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from console.commands.request_answers import (
    BadLines,
    Listing,
    Looked,
    Made,
    Moved,
    Shown,
    Submitted,
    Template,
    Written,
)
from console.errors import ExitCode
from console.output import csv_text
from console.reports.report import Report, iso
from console.reports.runs import runs
from console.text import inert
from store.request_records import CLOSED, WAITS_FOR_ADMINISTRATOR, WAITS_FOR_TENANT, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from console.services.requests.package import Package
    from console.services.requests.post import News
    from console.services.requests.preflight import Preflight
    from console.text import Text
    from console.workflow.views import Plan
    from store.request_records import Move, Request

SYMBOLS = {
    Stand.SUBMITTED: "?",
    Stand.ASKED: "?",
    Stand.APPROVED: "◌",
    Stand.REJECTED: "✕",
    Stand.MAKING: "◐",
    Stand.DELIVERED: "◑",
    Stand.IN_USE: "●",
    Stand.WITHDRAWN: "○",
}
"""One sign per state; its word always stands beside it."""


def requests(answer: Any, text: Text) -> Report:
    """Whatever the verb answers."""
    told: dict[type, Callable[[Any, Text], Report]] = {
        Listing: _list, Shown: _shown, Looked: _looked, Submitted: _submitted, BadLines: _bad_lines, Moved: _moved,
        Made: _made, Written: _written, Template: _template,
    }  # fmt: skip
    return told.get(type(answer), _plan)(answer, text)


# ---- words, for the screens too


def stand(request: Request, text: Text) -> str:
    """Sign and word."""
    return f"{SYMBOLS[request.stand]} {text.t(f'request.stand.{request.stand}')}"


def waits_for_us(request: Request, *, owner: bool) -> bool:
    return request.stand in (WAITS_FOR_TENANT if owner else WAITS_FOR_ADMINISTRATOR)


def waits(request: Request, text: Text, *, owner: bool) -> str:
    """For whom it waits, as the reader would say it."""
    if request.stand in CLOSED:
        return ""
    if waits_for_us(request, owner=owner):
        return text.t(f"request.waits.{request.stand}")
    return text.t("request.waits.them")


def first(found: Iterable[Request], *, owner: bool) -> list[Request]:
    """What waits for the reader first, then other open ones, then what is closed; the latest first."""
    return sorted(
        found,
        key=lambda r: (not waits_for_us(r, owner=owner), r.stand in CLOSED, -r.changed_at, r.id),
    )


def path_text(request: Request) -> str:
    return inert(" / ".join(request.wanted.path))


def facts(request: Request, text: Text) -> list[tuple[str, str]]:
    """Label and value of everything that was asked for; empty ones left out."""
    wanted = request.wanted
    values = {
        "id": request.id, "accounts": ", ".join(wanted.accounts), "region": wanted.region,
        "services": ", ".join(wanted.services), "client_side": text.t("flag.yes") if wanted.client_side else "",
        "contacts": ", ".join(wanted.contacts), "data_class": wanted.data_class, "reason": wanted.reason,
        "rotation": text.n("count.days", wanted.rotation_days), "key_arn": request.fact("key_arn"),
        "alias": request.fact("alias"),
    }  # fmt: skip
    return [(text.t(f"request.field.{name}"), inert(value)) for name, value in values.items() if value]


def history(request: Request, text: Text) -> list[str]:
    """Every move, a line each, with what was said."""
    lines = []
    for move in request.moves:
        lines.append(f"{text.clock(move.at)}  {text.t(f'request.act.{move.act}', who=move.by)}")
        lines += [f"    {inert(part)}" for part in move.said.splitlines()]
        lines += [f"    {evidence}" for evidence in _evidence(move, text)]
    return lines


def _evidence(move: Move, text: Text) -> list[str]:
    seen = move.fact("seen")
    return [text.t(f"request.seen.{seen}", what=move.fact("what"))] if seen else []


def checked(found: Preflight, text: Text) -> list[str]:
    """What the preflight says: what stands in the way, what is good to know, name and price."""
    lines = [f"✕ {text.said(problem)}" for problem in found.problems] or [f"● {text.t('request.nothing_wrong')}"]
    lines += [text.t("request.alias_is", alias=found.alias)]
    lines += [text.t("request.tags_are", tags=", ".join(f"{key}={value}" for key, value in found.tags))]
    lines += [price(found, text)]
    return lines + [f"· {text.said(note)}" for note in found.notes]


def price(found: Preflight, text: Text) -> str:
    told = found.price
    key = "request.price" if told.confirmed else "request.price_unconfirmed"
    return text.t(key, total=text.money(told.total, told.currency), month=text.money(told.month, told.currency))


def mail(package: Package, text: Text) -> str:
    """The text of a mail to the tenant, in the language of `text`."""
    values = {
        "path": " / ".join(package.path), "arn": package.key_arn, "alias": package.alias or "–",
        "id": package.request_id, "region": package.region, "days": package.rotation_days,
    }  # fmt: skip
    parts = ("subject", "hello", "there", "arn", "rotation", "iam", "where", "confirm", "greeting")
    body = [text.t(f"request.mail.{part}", **values) for part in parts]
    return "\n\n".join([*body[:6], _indented(package.iam), *body[6:8], body[8]]) + "\n"


def package_parts(package: Package, text: Text) -> list[tuple[str, str]]:
    """What can be copied: a label and the text."""
    parts = [(text.t("request.package.arn"), package.key_arn), (text.t("request.package.iam"), package.iam)]
    parts += [
        (text.t(f"request.package.{snippet.form}", service=snippet.service), snippet.text)
        for snippet in package.snippets
    ]  # fmt: skip
    mails = [(text.t(f"request.package.mail_{lang}"), mail(package, text.speaking(lang))) for lang in ("nl", "en")]
    return [*parts, *mails]


def _indented(block: str) -> str:
    return "\n".join(f"    {line}" for line in block.splitlines())


# ---- reports


def data(request: Request) -> dict[str, Any]:
    """A request as JSON."""
    told = asdict(request.wanted) | {
        "id": request.id, "state": request.stand.value, "made_by": request.made_by, "made_at": iso(request.made_at),
        "changed_at": iso(request.changed_at), "key_arn": request.fact("key_arn") or None,
        "alias": request.fact("alias") or None, "run": request.fact("run") or None,
        "waits_for": _whose(request), "moves": [_move(move) for move in request.moves],
    }  # fmt: skip
    return {"id": told.pop("id"), **told}


def _whose(request: Request) -> str | None:
    if request.stand in CLOSED:
        return None
    return "tenant" if request.stand in WAITS_FOR_TENANT else "administrator"


def _move(move: Move) -> dict[str, Any]:
    told = {name: value for name, value in move.facts if name != "cmk"}
    return {"act": move.act.value, "by": move.by, "at": iso(move.at), "said": move.said or None, "facts": told}


def _list(answer: Listing, text: Text) -> Report:
    headers = tuple(text.t(f"column.{name}") for name in ("id", "status", "request_path", "region", "request_waits",
                                                           "request_by", "run_at"))  # fmt: skip
    found = first(answer.requests, owner=answer.owner)
    rows = tuple(
        (r.id, stand(r, text), " / ".join(r.wanted.path), r.wanted.region, waits(r, text, owner=answer.owner),
         r.made_by, text.ago(r.changed_at))
        for r in found
    )  # fmt: skip
    notes = _brought(answer, text)
    if not found:
        notes = (*notes, text.t("request.none"))
    return Report([data(r) for r in found], headers, rows, notes=notes)


def _brought(answer: Listing | Shown, text: Text) -> tuple[str, ...]:
    """What came of the look at the exchange."""
    if answer.trouble is not None:
        return (text.t("request.not_fetched", why=text.said(answer.trouble)),)
    return news_lines(answer.news, text)


def news_lines(news: News | None, text: Text) -> tuple[str, ...]:
    """What a look at the exchange brought: how many requests moved, and each letter that was refused."""
    if news is None:
        return ()
    refused = tuple(
        text.t("request.letter_refused", place=each.place, why=text.said(each.why)) for each in news.problems
    )
    return (text.n("request.moved", len(news.moved)), *refused) if news.moved else refused


def news_data(news: News | None, text: Text) -> dict[str, Any] | None:
    """The same as JSON; None where nobody looked, or could."""
    if news is None:
        return None
    refused = [{"place": each.place, "why": text.said(each.why)} for each in news.problems]
    return {"moved": list(news.moved), "refused": refused}


def _shown(answer: Shown, text: Text) -> Report:
    request, found = answer.request, answer.preflight
    lines = [path_text(request), f"{stand(request, text)}  {waits(request, text, owner=answer.owner)}".rstrip(), ""]
    lines += [f"{label:22} {value}" for label, value in facts(request, text)]
    if request.stand not in CLOSED and answer.package is None:
        lines += ["", text.t("request.checked"), *(f"  {line}" for line in checked(found, text))]
        lines += ["", text.t("request.key_policy"), *_indented(found.policy).splitlines()]
        lines += ["", text.t("request.iam_policy"), *_indented(found.iam).splitlines()]
    lines += ["", text.t("request.history"), *(f"  {line}" for line in history(request, text))]
    if answer.package is not None:
        for label, block in package_parts(answer.package, text):
            lines += ["", label, *_indented(block).splitlines()]
    told = data(request) | {"preflight": _preflight(found, text), "package": _package(answer.package, text)}
    return Report(told, lines=tuple(lines), notes=_brought(answer, text))


def _preflight(found: Preflight, text: Text) -> dict[str, Any]:
    price_told = {
        "currency": found.price.currency, "months_36": str(found.price.total), "then_a_month": str(found.price.month),
        "confirmed": found.price.confirmed,
    }  # fmt: skip
    return {
        "alias": found.alias, "tags": dict(found.tags), "price": price_told,
        "problems": [text.said(problem) for problem in found.problems],
        "notes": [text.said(note) for note in found.notes], "key_policy": found.policy, "iam_policy": found.iam,
    }  # fmt: skip


def _package(package: Package | None, text: Text) -> dict[str, Any] | None:
    if package is None:
        return None
    return {
        "key_arn": package.key_arn, "alias": package.alias, "iam_policy": package.iam,
        "snippets": [asdict(snippet) for snippet in package.snippets],
        "mail": {lang: mail(package, text.speaking(lang)) for lang in ("nl", "en")},
    }  # fmt: skip


def _looked(answer: Looked, text: Text) -> Report:
    lines: list[str] = []
    for number, found in answer.lines:
        head = " / ".join(found.wanted.path)
        lines += [text.t("request.line", line=number, path=head) if number else head]
        lines += [f"  {line}" for line in checked(found, text)]
        if len(answer.lines) == 1:
            lines += ["", text.t("request.key_policy"), *_indented(found.policy).splitlines()]
            lines += ["", text.t("request.iam_policy"), *_indented(found.iam).splitlines()]
            lines += ["", text.t("request.then"), *(f"  {n}. {text.t(key)}" for n, key in enumerate(THEN, 1))]
        lines += [""]
    told = [
        _preflight(found, text) | {"line": number, "wanted": asdict(found.wanted)} for number, found in answer.lines
    ]
    bad = any(not found.good for _, found in answer.lines)
    return Report(told, lines=tuple(lines[:-1]), exit=ExitCode.FAILED if bad else ExitCode.DONE)


THEN = ("request.then.submit", "request.then.judge", "request.then.make", "request.then.confirm")
"""What comes after a wish."""


def _submitted(answer: Submitted, text: Text) -> Report:
    lines = [text.t("request.submitted", id=r.id, path=" / ".join(r.wanted.path)) for r in answer.requests]
    unsent = [r.id for r in answer.requests if not r.sent]
    notes = (text.t("request.unsent", ids=", ".join(unsent)),) if unsent else ()
    return Report([data(r) for r in answer.requests], lines=tuple(lines), notes=notes)


def _bad_lines(answer: BadLines, text: Text) -> Report:
    rows = tuple(
        (each.line, " / ".join(each.wanted.path), text.said(problem))
        for each in answer.wrong
        for problem in each.problems
    )
    headers = tuple(text.t(f"column.{name}") for name in ("request_line", "request_path", "request_wrong"))
    told = [{"line": line, "path": path, "problem": said} for line, path, said in rows]
    return Report(told, headers, rows, notes=(text.t("request.nothing_submitted", path=answer.path),),
                  exit=ExitCode.USAGE)  # fmt: skip


def _moved(answer: Moved, text: Text) -> Report:
    request = answer.request
    lines = [f"{request.id}  {path_text(request)}  {stand(request, text)}"]
    hint = f"request.next.{request.stand}"
    notes = (text.t(hint, id=request.id),) if text.has(hint) else ()
    return Report(data(request), lines=tuple(lines), notes=notes)


def _made(answer: Made, text: Text) -> Report:
    told = runs(answer.walked, text)
    moved = _moved(Moved(answer.request), text)
    return Report(
        {"run": told.data, "request": moved.data}, lines=(*told.lines, "", *moved.lines),
        notes=(*told.notes, *moved.notes), exit=told.exit,
    )  # fmt: skip


def _plan(answer: Plan, text: Text) -> Report:
    return runs(answer, text)


def _written(answer: Written, text: Text) -> Report:
    line = text.t("request.written", path=answer.path, id=answer.request.id)
    told = {"path": answer.path, "id": answer.request.id, "bytes": answer.size}
    return Report(told, lines=(line,))


def _template(answer: Template, text: Text) -> Report:
    header, *rows = answer.rows
    told = [dict(zip(header, row, strict=True)) for row in rows]
    notes = (text.t("request.template_means"),)
    return Report(told, header, tuple(rows), lines=tuple(csv_text(header, rows).splitlines()), notes=notes)
