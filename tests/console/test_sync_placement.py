"""Where things belong, from their tags, and why not when it cannot be said."""

import pytest

from console.errors import UsageError
from console.services.placement import Placer, declared
from console.settings import Settings, TagNames, TenantSettings
from store.harvest import Placement
from store.records import Source

TENANT = TenantSettings("Agentschap A", applications=(("X", ("Productie", "Dev")), ("Z", ())))


def placer(**changes):
    return Placer(Settings(tenants=(TENANT,), **changes))


def test_three_tags_place_a_cmk_wholly():
    """Tenant, application and environment tags are the whole placement, and KMS is its source."""
    tags = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie", "kostenplaats": "7"}
    assert placer().cmk(tags) == Placement("Agentschap A", "X", "Productie", Source.KMS)


@pytest.mark.parametrize(
    ("tags", "names", "reason"),
    [
        ({}, ("", "", ""), "place.no_tags"),
        ({"afnemer": "B"}, ("B", "", ""), "place.no_application"),
        ({"afnemer": "B", "toepassing": "X"}, ("B", "X", ""), "place.no_environment"),
        ({"afnemer": "B", "omgeving": "Dev"}, ("B", "", ""), "place.no_application"),
        ({"toepassing": "X", "omgeving": "Dev"}, ("", "", ""), "place.no_tenant"),
        ({"afnemer": "  ", "toepassing": ""}, ("", "", ""), "place.no_tags"),
    ],
)
def test_what_is_not_wholly_placed_says_why(tags, names, reason):
    """A level without a tag ends the placement there, with the reason; nothing hangs under a hole."""
    placed = placer().cmk(tags)
    assert (placed.tenant, placed.application, placed.environment) == names
    assert placed.reason == reason


def test_unreadable_tags_are_another_reason_than_no_tags():
    """What AWS refuses to tell is not the same as what is not there."""
    assert placer().cmk(None).reason == "place.tags_unreadable"


def test_tag_names_are_settings():
    """Another customer's tag names place just as well."""
    names = TagNames("owner", "app", "stage")
    placed = placer(tags=names).cmk({"owner": "B", "app": "X", "stage": "prod", "afnemer": "C"})
    assert placed == Placement("B", "X", "prod", Source.KMS)


def test_capitals_do_not_make_a_second_tenant():
    """A tenant is written as the settings write it, whatever the tag's capitals."""
    assert placer().cmk({"afnemer": "AGENTSCHAP a"}).tenant == "Agentschap A"


def test_a_tag_that_cannot_hold_a_name_still_means_it():
    """AWS allows no `&` in a tag: `T+I` is the declared T&I, also in a resource's own tags, and nowhere else."""
    tenant = TenantSettings("Agentschap A", applications=(("X", ("T&I",)), ("Y", ("Productie",))))
    told = Placer(Settings(tenants=(tenant,)))
    tags = {"afnemer": "agentschap-a", "toepassing": "x", "omgeving": "T+I"}
    assert told.cmk(tags) == Placement("Agentschap A", "X", "T&I", Source.KMS)
    assert told.holder(tags, "Agentschap A").environment == "T&I"
    assert told.cmk(tags | {"toepassing": "Y"}).environment == "T+I", "not declared for Y"


def test_names_that_are_nothing_but_signs_stay_as_they_are():
    """Folding is for finding a declared name, never for showing one."""
    assert placer().cmk({"afnemer": "++", "toepassing": "--", "omgeving": "=="}) == Placement("++", "--", "==")


def test_an_alias_places_what_has_no_tenant_tag():
    """The alias pattern is the fallback, marked as inferred; a tenant tag outweighs it."""
    told = placer(alias_pattern=r"(?P<tenant>[^/]+)/(?P<application>[^/]+)/(?P<environment>[^/]+)")
    aliases = ["alias/loose", "alias/agentschap a/x/prod"]
    assert told.cmk({}, aliases) == Placement("Agentschap A", "X", "prod", Source.INFERRED)
    assert told.cmk({"afnemer": "B"}, aliases).tenant == "B"


def test_an_alias_pattern_may_leave_out_a_level():
    """A pattern without an environment group places as deep as it can."""
    placed = placer(alias_pattern=r"(?P<tenant>\w+)-(?P<application>\w+)").cmk({}, ["alias/b-web"])
    assert placed == Placement("b", "web", "", Source.INFERRED, "place.no_environment")


def test_a_broken_alias_pattern_is_the_settings_fault():
    """Somebody who wrote a pattern that cannot be read is told so."""
    with pytest.raises(UsageError) as caught:
        placer(alias_pattern="(")
    assert caught.value.values["name"] == "alias_pattern"


def test_a_resource_without_tags_belongs_to_the_tenant_of_its_account():
    """The account that holds it says whose it is."""
    placed = placer().holder({}, "Agentschap A")
    assert placed == Placement("Agentschap A", source=Source.DECLARED, reason="place.no_tags")


def test_a_resource_need_not_repeat_its_tenant():
    """Application and environment tags suffice inside a tenant's account."""
    placed = placer().holder({"toepassing": "X", "omgeving": "Dev"}, "Agentschap A")
    assert placed == Placement("Agentschap A", "X", "Dev", Source.SCAN)


def test_a_tag_cannot_move_a_resource_under_another_tenant():
    """Tags are the tenant's own writing: one that names somebody else is a contradiction, not a placement."""
    tags = {"afnemer": "Agentschap B", "toepassing": "X", "omgeving": "Dev"}
    placed = placer().holder(tags, "Agentschap A")
    assert (placed.tenant, placed.application, placed.reason) == ("Agentschap A", "", "place.contradicts")


def test_declared_places_exist_without_keys():
    """A tenant, an application without environments and each environment are places of their own."""
    told = [(p.tenant, p.application, p.environment) for p in declared([TENANT])]
    assert told == [
        ("Agentschap A", "", ""),
        ("Agentschap A", "X", ""),
        ("Agentschap A", "X", "Productie"),
        ("Agentschap A", "X", "Dev"),
        ("Agentschap A", "Z", ""),
    ]
