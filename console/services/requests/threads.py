"""Threads of moves as letters carry them, and which of them may be believed from whom."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from console.errors import Refused
from console.services.exchange.envelope import Expected, Letter, Opened, header_of, open_sealed, seal
from console.services.exchange.plain import WrongShape, plain, record
from console.services.requests.preflight import TEXT, shape_problems
from store.request_records import AFTER, MOVES, TENANTS_OWN, Act, Move, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.services.exchange.envelope import Signer, Verifier

ID = re.compile(r"[23456789abcdefghjkmnpqrstvwxyz]{10}")
MOST_MOVES = 200
FACTS = 12
LARGEST = 2**20
"""Bytes of a letter: a thread of a hundred moves takes some ten thousand."""

_SKEW = 300


def letter_of(request: Request, kind: Letter, signer: Signer | None, by: str) -> bytes:
    """The whole thread, sealed; its sequence is the number of its moves.

    Raises:
        ConsoleError: the signer could not sign.
    """
    body = json.dumps(plain(replace(request, sent=0)), ensure_ascii=False, separators=(",", ":")).encode()
    return seal(
        kind, request.wanted.tenant, body, signer, sequence=len(request.moves), made_at=request.changed_at, by=by
    )


def opened(
    letter: bytes, kind: Letter, tenant: str, trusted: Mapping[str, Verifier], now: int, *, unsigned: bool = False
) -> Request:
    """The thread that a letter carries, once seal, shape and order of moves hold.

    Raises:
        Refused: the key says what does not.
    """
    if len(letter) > LARGEST:
        raise Refused("request.letter_large", limit=LARGEST // 1024)
    try:
        found = open_sealed(letter, Expected(kind, tenant, now, unsigned=unsigned), trusted)
    except Refused as refusal:
        raise said(refusal) from refusal
    request = _read(found)
    if request.wanted.tenant != tenant:
        raise Refused("request.letter.other_tenant", found=request.wanted.tenant, wanted=tenant)
    if len(request.moves) != found.header.sequence or not lawful(request, now):
        raise Refused("request.unlawful", id=request.id)
    return request


def told_kind(letter: bytes) -> Letter:
    """Whose word a letter claims to be, before anything of it is believed.

    Raises:
        Refused: it is no letter of ours.
    """
    try:
        return Letter.REQUEST if header_of(letter).kind == Letter.REQUEST else Letter.JUDGEMENT
    except Refused as refusal:
        raise said(refusal) from refusal


def said(refusal: Refused) -> Refused:
    """What the envelope says of a snapshot, said of a letter about a request."""
    return Refused(refusal.key.replace("exchange.", "request.letter.", 1), **refusal.values)


def _read(found: Opened) -> Request:
    try:
        request: Request = record(Request, json.loads(found.body))
    except (ValueError, RecursionError, WrongShape) as error:
        raise Refused("request.letter_malformed") from error
    return request


def lawful(request: Request, now: int) -> bool:
    """Whether the thread is one that people could have made: sizes, and each move one that its state lets be."""
    moves = request.moves
    if not ID.fullmatch(request.id) or not 0 < len(moves) <= MOST_MOVES or moves[0].act is not Act.SUBMIT:
        return False
    if any(shape_problems(request.wanted)) or not all(_fits(move, now) for move in moves):
        return False
    return all(follows(before, move) for before, move in pairwise(moves))


def follows(before: Move, move: Move) -> bool:
    """Whether this move may come after that one."""
    return move.act in MOVES[AFTER[before.act]]


def _fits(move: Move, now: int) -> bool:
    texts = len(move.said) <= TEXT and len(move.by) <= TEXT and len(move.facts) <= FACTS
    return texts and 0 < move.at <= now + _SKEW


def new_moves(held: Request | None, told: Request, *, tenants: bool) -> tuple[Move, ...]:
    """What a thread brings beyond the one that is held; `tenants`: the letter is only a tenant's word.

    Raises:
        Refused: it is the same or older, it says otherwise than what is held, or a tenant made an administrator's move.
    """
    before = held.moves if held else ()
    if held is not None and held.wanted != told.wanted:
        raise Refused("request.contradicts", id=told.id)
    if told.moves[: len(before)] != before:
        if before[: len(told.moves)] == told.moves:
            raise Refused("request.older", id=told.id)
        raise Refused("request.contradicts", id=told.id)
    fresh = told.moves[len(before) :]
    if not fresh:
        raise Refused("request.replayed", id=told.id)
    if tenants and not all(move.act in TENANTS_OWN for move in fresh):
        raise Refused("request.not_theirs", id=told.id)
    return fresh
