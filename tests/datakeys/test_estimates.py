"""What a route takes, told beforehand: a range from how much there is, with what it rests on; unknown is never nothing."""

from decimal import Decimal

import pytest

from console.commands.rotate import RotateDataKeys
from console.datakeys.estimates import Range, estimated, just, read, told, total
from console.datakeys.routes import Route, Subject
from console.datakeys.s3.rotation import S3Rotation
from console.datakeys.s3.work import MOST, Size
from console.rates import Rates
from console.reports import estimates
from console.reports.rotate import rotate
from console.settings import load
from console.text import Text
from console.workflows.rotating import Basis, rotation_of
from tests.datakeys.buckets import Rewriting
from tests.datakeys.desks import Desk
from tests.datakeys.machines import launched, loose
from tests.datakeys.turning import Turning

KEY = "arn:aws:kms:eu-west-1:999988887777:key/a"
EXACT = Rates(
    used_percent=(50, 100), copy_mib_s=(10, 100), waits_minute=(1, 2), objects_s=(10, 100),
    volume_gib_month=Decimal("0.30"), snapshot_gib_month=Decimal("0.03"), writes_1000=Decimal(1),
)  # fmt: skip


@pytest.fixture
def basis():
    """Round rates, and what is old kept for a tenth of a month."""
    from console.terms import Prices

    return Basis(EXACT, Prices(), 3)


def subject(kind, granularity, **detail):
    return Subject(kind, granularity, "x", "111122223333", "eu-west-1", cmk=KEY, intended=KEY, transit=f"{KEY}b",
                   detail=tuple(detail.items()))  # fmt: skip


def of(which, name, basis, size=None):
    """The estimate of a route of this name."""
    rotation = rotation_of(which.kind)
    route = next(route for route in rotation.routes(which) if route.name == name)
    return estimated(rotation.work(which, route, size, basis), basis)


def test_a_volume_is_timed_and_priced_by_its_size(basis):
    """100 GiB over a transit CMK: three copies of 50 to 100 GiB, five waits and a start; a tenth of a month beside."""
    found = of(subject("ebs", "volume", size_gib="100", instance="i-1"), "transit", basis)
    assert found.seconds == Range(Decimal(150 * 1024) / 100 + 6 * 30, Decimal(300 * 1024) / 10 + 6 * 60)
    kms = Decimal("0.03") * 16 / 10_000
    assert found.cost == Range(Decimal("3.0") + Decimal("0.45") + kms, Decimal("3.0") + Decimal("0.90") + kms)


def test_a_route_that_rotates_nothing_costs_too(basis):
    """The naive way over the same CMK is shown with its price, less than the one that rotates."""
    volume = subject("ebs", "volume", size_gib="100")
    naive, transit = (of(volume, name, basis) for name in ("naive", "transit"))
    assert Decimal(0) < naive.cost.high < transit.cost.high
    assert naive.seconds.high < transit.seconds.high


@pytest.mark.parametrize("which", [subject("ebs", "volume"), subject("s3", "bucket"), subject("redshift", "database")])
def test_what_nobody_measured_is_unknown_and_never_nothing(basis, which):
    """A volume without a size, a bucket that nobody counted, a service without one."""
    name = {"ebs": "transit", "s3": "rewrite", "redshift": "transit"}[which.kind]
    found = of(which, name, basis)
    assert (found.seconds, found.cost) == (None, None)
    assert estimates.summary(found, Text("en")) == "about unknown, costs unknown"


def test_a_bucket_larger_than_what_was_counted_takes_that_or_more(basis):
    """The least is known, the most is not, and the words say so."""
    found = of(subject("s3", "bucket"), "rewrite", basis, Size(MOST, 10**9, whole=False))
    assert (found.seconds.low, found.seconds.high, found.cost.high) == (MOST / 100, None, None)
    assert estimates.duration(found, Text("nl")) == "17 min of meer"


def test_older_versions_are_double_storage_only_where_they_stay(basis):
    """As long as the old is kept; without versioning nothing old is left."""
    kept, gone = (
        of(subject("s3", "bucket"), "rewrite", basis, Size(1, 1024**3, keeps=keeps)) for keeps in (True, False)
    )
    assert kept.cost.high - gone.cost.high == EXACT.object_gib_month / 10


def test_a_sum_is_shared_by_those_at_work_and_leaves_out_what_is_unknown(basis):
    """Two volumes two at a time last as long as one; a bucket that nobody counted is counted as unknown."""
    volume = of(subject("ebs", "volume", size_gib="10"), "transit", basis)
    bucket = of(subject("s3", "bucket"), "rewrite", basis)
    both = total([volume, volume, bucket], at_once=2)
    assert (both.seconds, both.cost) == (volume.seconds, volume.cost + volume.cost)
    assert (both.number, both.unknown) == (3, 1)
    assert any("1" in line and "3" in line for line in estimates.basis(both, Text("nl")))


def test_an_estimate_on_record_reads_back(basis):
    """What a run keeps of it is the same estimate, to the millionth."""
    found = of(subject("rds", "database", size_gib="20"), "transit", basis)
    again = read(told(found))
    assert told(again) == told(found)
    assert again.cost.high is None  # the second instance itself has no rate


def test_only_rates_of_the_settings_are_confirmed(tmp_path):
    """Those that the settings name; one that they do not, and it is said."""
    path = tmp_path / "config.toml"
    path.write_text('[estimates]\ncalls_s = [1, 2]\nsecret_calls_10000 = "0.10"\n[prices]\nrequests_10000 = "0.03"\n')
    rates = load({"config": str(path)}, {}).rates
    assert (rates.calls_s, rates.secret_calls_10000, rates.own) == (
        (1, 2),
        Decimal("0.10"),
        {"calls_s", "secret_calls_10000"},
    )
    secret = subject("secret", "secret")
    half = Basis(rates, load({}, {}).terms.prices, 7, rates.own)
    whole = Basis(rates, load({}, {}).terms.prices, 7, rates.own | {"kms_requests_10000"})
    assert [of(secret, "put", each).confirmed for each in (half, whole)] == [False, True]
    said = Text("en").t("estimate.unconfirmed")
    assert [said in estimates.basis(of(secret, "put", each), Text("en")) for each in (half, whole)] == [True, False]


def test_less_than_a_cent_is_not_nothing(basis):
    """Ten requests cost something."""
    found = of(subject("secret", "secret"), "put", basis)
    assert estimates.cost(found, Text("en")) == "less than 0.01 USD"


# ---- by the verb


def planned(desk, *keys, **wish):
    answers = RotateDataKeys(keys=keys, plan=True, **wish).run(desk, print)
    return answers, rotate(answers, Text("en"))


def test_a_bucket_is_counted_only_when_asked(cloud, tmp_path):
    """`--plan` asks AWS nothing and says what would tell; `--check` counts objects and the versions behind them."""
    bucket = Rewriting(cloud, cloud.region(), tmp_path, versioned=True)
    for key in ("a", "b", "b"):
        bucket.put(key, b"x" * 1000)
    bucket.sync()
    desk = Desk(bucket)
    cloud.forget()
    (answer,), report = planned(desk, bucket.bucket)
    assert cloud.asked(bucket.region) == {}
    assert answer.choice.estimates["rewrite"].cost is None
    assert any("--check" in line and "size" in line for line in report.lines)
    (answer,), report = planned(desk, bucket.bucket, check=True)
    (objects,) = (one.amount for one in answer.choice.estimates["rewrite"].assumed if one.unit == "objects_s")
    (versions,) = (one.amount for one in answer.choice.estimates["rewrite_versions"].assumed if one.unit == "objects_s")
    assert (objects, versions) == (just(2), just(3))
    assert report.data[0]["routes"][0]["estimate"]["cost"]["high"] is not None


def test_a_campaign_tells_the_sum(cloud, tmp_path):
    """Two volumes of one instance are one run, a loose one another: their sum stands in the plan and in the run's facts."""
    turning = Turning(cloud, cloud.real_region(), tmp_path)
    _, places = launched(turning)
    volumes = [*places.values(), *loose(turning)]
    turning.sync()
    answers, report = planned(Desk(turning), *volumes)
    alone = [answer.choice.estimates["transit"] for answer in answers]
    assert answers[0].campaign.cost.low == pytest.approx(sum(one.cost.low for one in alone), abs=Decimal("0.0001"))
    assert any("All together (3 data keys)" in line for line in report.lines)
    assert report.data[0]["campaign"]["number"] == 3
    wish = turning.planner.campaign([(answer.choice, answer.route) for answer in answers])
    assert read(wish.facts["estimate"]).number == 3


def test_every_route_of_every_kind_can_be_estimated(basis):
    """No route is forgotten, also not one that is refused."""
    kinds = {"ebs": "volume", "s3": "bucket", "secret": "secret", "file": "file", "rds": "database", "efs": "filesystem",
             "sqs": "resource", "fsx": "filesystem"}  # fmt: skip
    for kind, granularity in kinds.items():
        which = subject(kind, granularity, size_gib="5", files="20+")
        for route in rotation_of(kind).routes(which):
            lines = estimates.basis(of(which, route.name, basis), Text("nl"))
            assert lines, (kind, route.name)
            assert not [line for line in lines if line.startswith("estimate.")]


def test_a_bucket_key_makes_fewer_requests_to_kms(basis):
    """At the least none to speak of; nobody knows how many."""
    route = Route("s3", "rewrite", None)
    work = S3Rotation().work(subject("s3", "bucket", bucket_key="true"), route, Size(1000, 0), basis)
    (keys,) = (part.amount for part in work.billed if part.unit == "kms_requests_10000")
    assert keys == Range(Decimal(0), Decimal(2000))
