"""The load itself: agencies and catalogue, the plan, then its diary with the real doors between."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.history import change_of, open_change_set, record, record_many
from agencies.models import Agency, ChangeSet
from agencies.models.history import Door
from procedures.demo import facts, people
from procedures.demo.assignment import (
    CARRIED_OVER,
    DECIDED_ON,
    OPENED_ON,
    assign,
)
from procedures.demo.book import Book
from procedures.lifecycle import Evidence, State
from procedures.models import (
    AgencyProcedure,
    Campaign,
    Declaration,
    Document,
    Metric,
    Plan,
    Rollout,
    Standard,
    Target,
    retally,
)
from procedures.territories import count_touched

PLAN = "HY-2020-2021"
TOP = "H31"
PLAN_NAME = (
    "Kế hoạch xây dựng, chuyển đổi và áp dụng HTQLCL theo TCVN ISO 9001:2015 "
    "tại các cơ quan hành chính tỉnh Hưng Yên giai đoạn 2020–2021"
)
PLAN_NOTE = (
    "Dữ liệu minh họa: tên cơ quan và số tổng hợp là thật, việc phân bổ cho từng cơ quan chỉ để minh họa."
)
CAMPAIGN_NAME = "Chuyển đổi sang TCVN ISO 9001:2015 tại cơ quan cấp tỉnh và cấp huyện"
# Metric, form, levels, year, figure; coverage is in per cent and due at the plan's end.
TARGETS = (
    (Metric.UNITS, "BUILD", "commune", 2020, 60),
    (Metric.UNITS, "BUILD", "province", 2020, 5),
    (Metric.UNITS, "CONVERT", "province,district", 2020, 36),
    (Metric.COVERAGE, "", "province,district,commune", None, 100),
)
TOWN_ON, TOWN, TOWN_NAME = date(2019, 5, 1), "H31.328", "UBND thị xã Mỹ Hào"
TOWN_REASON = "Thành lập thị xã Mỹ Hào (Nghị quyết 656/NQ-UBTVQH14)"
CARRIED_REASON = "Chưa hoàn thành trong năm 2020, chuyển sang thực hiện năm 2021"
PAUSED_REASON = "Tạm dừng để phòng, chống dịch COVID-19"
RESUMED_REASON = "Tiếp tục triển khai"


@dataclass(frozen=True)
class Loaded:
    """What a load wrote; all zero when everything was there."""

    agencies: int = 0
    procedures: int = 0
    rollouts: int = 0
    accounts: int = 0


@transaction.atomic
def load(*, with_accounts):
    """Load Hưng Yên unless it is there. Returns `Loaded`.

    Raises Refused when agencies of the list have declarations or procedures from elsewhere:
    the published totals would no longer come out.
    """
    if Plan.objects.filter(code=PLAN).exists():
        if not with_accounts:
            return Loaded()
        users, made = people.enter()
        codes = [a.agency for a in people.ACCOUNTS]
        agencies = {a.code: a for a in Agency.objects.filter(code__in=codes, dissolved_on=None)}
        if made:
            title = _("Demonstration data: accounts")
            people.grant(made, agencies, open_change_set(title, by=None, door=Door.COMMAND))
        return Loaded(accounts=len(made))
    _refuse_mixture()
    users, made = people.enter() if with_accounts else ({}, [])
    keeper, coordinator = users.get("quantri"), users.get("dieuphoi")

    change_set = _act(_("Demonstration data: agencies"), by=keeper, on=OPENED_ON)
    agencies, new = facts.establish_agencies(change_set)
    if made:
        people.grant(made, agencies, _act(_("Demonstration data: accounts"), by=keeper, on=OPENED_ON))
    if TOWN in new:
        _rename_the_town(agencies, keeper)

    change_set = _act(_("Demonstration data: procedures"), by=coordinator, on=OPENED_ON)
    catalogue = facts.enter_catalogue(change_set)
    duties = facts.duties(agencies, catalogue)
    standards = {s.published_on.year: s for s in Standard.objects.order_by("-published_on")}
    standards = {2008: standards[2008], 2015: standards[2015]}

    early, undertakings = assign({code: agencies[code].level for code in duties})
    book = Book(agencies, standards, duties, users)
    book.early(early)
    record_many(change_of(change_set, duty) for own in duties.values() for duty in own)

    plan = _decide(agencies[TOP], coordinator)
    wave = _plan_the_conversion(plan, standards, coordinator)
    # Their declarations are in the book and not yet on record, so the list says who is eligible.
    on_2008 = {e.code for e in early if e.standard == 2008 and agencies[e.code].level in wave.campaign.levels}
    book.rollouts = _assign_rollouts(plan, undertakings, agencies, dict.fromkeys(on_2008, wave), coordinator)
    for undertaking in undertakings:
        book.undertaking(undertaking)
    book.leave_some_open()
    for day, act in _acts(undertakings, agencies, coordinator):
        book.write_until(day)
        if (heir := act()) is not None:
            book.rollouts[heir.agency.code] = heir
    book.write_until()
    book.close()
    retally([a.pk for a in agencies.values()])
    count_touched()
    return Loaded(len(new), len(catalogue), Rollout.objects.filter(plan=plan).count(), len(made))


def _refuse_mixture():
    codes = [row["code"] for row in facts.read(facts.AGENCIES)]
    ours = Agency.objects.filter(code__in=codes, dissolved_on=None)
    for model in (Declaration, AgencyProcedure, Rollout):
        if model.objects.filter(agency__in=ours).exists():
            raise Refused(
                _(
                    "The register holds declarations, procedures or rollouts of these agencies already: "
                    "load the demonstration into an empty register."
                )
            )


def _act(title, *, by, on, reason="", door=Door.COMMAND):
    """A change set of a past day."""
    last = ChangeSet.objects.first()
    change_set = open_change_set(title, by=by, door=door, reason=reason)
    change_set.made_at = datetime.combine(on, time(8), timezone.get_default_timezone()).astimezone(UTC)
    if last is not None and timezone.localdate(last.made_at) == on:
        change_set.made_at = last.made_at + timedelta(minutes=2)
    change_set.save(update_fields=["made_at"])
    return change_set


def _by_hand(title, *, by, on, reason=""):
    """As if somebody had done it on screen, where there is somebody."""
    return _act(title, by=by, on=on, reason=reason, door=Door.WEB if by else Door.COMMAND)


def _rename_the_town(agencies, by):
    town = agencies[TOWN]
    title = _("Revise %(name)s") % {"name": town.name}
    agencies[TOWN] = town.revise(
        name=TOWN_NAME,
        on=TOWN_ON,
        by=by,
        seen=town.version,
        reason=TOWN_REASON,
        change_set=_by_hand(title, by=by, on=OPENED_ON, reason=TOWN_REASON),
    )
    for agency in agencies.values():
        if agency.parent_id == town.pk:
            agency.parent = agencies[TOWN]


def _decide(top, by):
    """The plan with its targets. The number of its decision was not found and stays empty."""
    change_set = _by_hand(_("Demonstration data: plan"), by=by, on=OPENED_ON)
    decision = Document.objects.create(
        kind=Evidence.DECISION, signed_on=DECIDED_ON, title=f"Quyết định ban hành {PLAN_NAME}", issued_by=top
    )
    plan = Plan.objects.create(
        code=PLAN,
        name=PLAN_NAME,
        agency=top,
        decision=decision,
        decided_on=DECIDED_ON,
        starts_on=date(2020, 1, 1),
        ends_on=date(2021, 12, 31),
        note=PLAN_NOTE,
    )
    record(change_set, decision)
    record(change_set, plan)
    for position, (metric, form, levels, year, value) in enumerate(TARGETS, start=1):
        target = Target.objects.create(
            plan=plan,
            metric=metric,
            form=form,
            levels=levels,
            year=year,
            due_on=date(year or plan.ends_on.year, 12, 31),
            position=position,
        )
        record(change_set, target)
        title = _("Set target %(target)s to %(value)s") % {"target": target, "value": value}
        own = _by_hand(title, by=by, on=OPENED_ON)
        target.revise(value, on=DECIDED_ON, by=by, decision=decision, change_set=own)
    return plan


def _plan_the_conversion(plan, standards, by):
    """The campaign over the 36 units to be converted, in waves by year. Returns the first wave."""
    own = _by_hand(_("Start campaign %(name)s") % {"name": CAMPAIGN_NAME}, by=by, on=OPENED_ON)
    campaign = Campaign.objects.start(
        plan,
        by=by,
        name=CAMPAIGN_NAME,
        source=standards[2008],
        target=standards[2015],
        levels="province,district",
        eligible_on=DECIDED_ON,
        due_on=plan.ends_on,
        change_set=own,
    )
    waves = [
        campaign.add_wave(
            by=by,
            number=number,
            name=f"năm {year}",
            starts_on=date(year, 1, 1),
            due_on=date(year, 12, 31),
            change_set=own,
        )
        for number, year in enumerate(plan.years, start=1)
    ]
    return waves[0]


def _assign_rollouts(plan, undertakings, agencies, waves, by):
    """Every unit's rollout as first assigned, by the unit's code; `waves`: the wave of those to be converted."""
    target = next(iter(waves.values())).campaign.target
    rollouts = [
        Rollout(
            plan=plan,
            agency=agencies[u.code],
            form=u.form,
            year=u.year - 1 if u.carried_on else u.year,
            assigned_on=DECIDED_ON,
            due_on=u.first_due_on or u.due_on,
            target_standard=target,
            # A unit that is carried over goes on in the wave of its new due day by itself.
            wave=waves.get(u.code),
        )
        for u in undertakings
    ]
    Rollout.objects.bulk_create(rollouts, batch_size=500)
    change_set = _act(_("Demonstration data: rollouts of the plan"), by=by, on=OPENED_ON)
    record_many(change_of(change_set, rollout) for rollout in rollouts)
    return {rollout.agency.code: rollout for rollout in rollouts}


def _acts(undertakings, agencies, by):
    """The changes of state as (day, act), in the order of days; an act returns the rollout that goes on."""

    def move(undertaking, state, on, reason, **values):
        def act():
            rollout = Rollout.objects.select_related("agency", "plan__agency").get(
                plan__code=PLAN, agency=agencies[undertaking.code], state__in=(State.ACTIVE, State.PAUSED)
            )
            title = _("%(rollout)s: %(state)s") % {"rollout": rollout, "state": state.label}
            own = _by_hand(title, by=by, on=on, reason=reason)
            return rollout.move(
                state, by=by, seen=rollout.version, reason=reason, on=on, change_set=own, **values
            )

        return on, act

    acts = []
    for undertaking in undertakings:
        if undertaking.code in CARRIED_OVER:
            on, values = undertaking.carried_on, {"year": undertaking.year, "due_on": undertaking.due_on}
            acts.append(move(undertaking, State.CARRIED_OVER, on, CARRIED_REASON, **values))
        if undertaking.paused:
            begin, end = undertaking.paused
            acts.append(move(undertaking, State.PAUSED, begin, PAUSED_REASON))
            acts.append(move(undertaking, State.ACTIVE, end + timedelta(days=1), RESUMED_REASON))
    return sorted(acts, key=lambda act: act[0])
