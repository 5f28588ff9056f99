"""Results as the floors return them, made by hand: every view can be shown without running anything."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from connectors.errors import ConfigError, GuardError
from connectors.model import ObjectKind, Option, Severity
from crm_segments.assembly.demo import DemoStory
from crm_segments.assembly.examination import Check, Examination
from crm_segments.assembly.previewing import Example, Move, PlanPreview
from crm_segments.views.demo import DemoView
from crm_segments.views.doctor import DoctorView
from crm_segments.views.explanation import ExplanationView
from crm_segments.views.failure import FailureView
from crm_segments.views.files import SampleView
from crm_segments.views.history import HistoryView
from crm_segments.views.pins import PinsView, PinView, UnpinnedView
from crm_segments.views.plan import ApprovalView, PlansView
from crm_segments.views.refit import RefitView
from crm_segments.views.report import ReportView
from crm_segments.views.rules import RulesView
from crm_segments.views.run import RunView
from crm_segments.views.segments import SegmentsView
from crm_segments.views.status import StatusView
from crm_segments.views.view import View
from segmentation import (
    Comparison,
    Disagreement,
    MoneyReport,
    QualityFinding,
    QualityReport,
    SegmentationSettings,
    SegmentMoney,
)
from sync import (
    Explanation,
    PinnedRecord,
    PrintedRule,
    PrintedRules,
    RefitProposal,
    ReportedSegments,
    Status,
    StoredPlan,
)
from sync.plan import ASSIGNMENT_SCHEMA, CHANGE_SCHEMA, FieldStep, GuardStop, Plan, PlanHead, PlanStatus
from sync.reporting import CloseCall
from sync.results import ChangeCounts, FinishedRun, RejectedGroup, RunResult, RunStatus, SegmentCount
from sync.stages import BuildLists, MakeFields, WriteBatches
from sync.state.runs import RunRow

PLAN_ID = "01a20aa8-b758-78de-90c4-317d79370bae"
FIELDS = {
    part: f"crm_segment{'' if part == 'key' else f'_{part}'}" for part in ("key", "confidence", "reason")
}
REASON = "412 employees; 6 deals won since Dec 2025, worth $84k; Software"
HOSTILE = "=HYPERLINK(1) [bold]x[/] \x1b[31m\u202e"
"""A name that tries to be a formula, markup, a color and a right-to-left override."""


def segment(key: str, name: str, count: int, reason: str) -> SegmentCount:
    return SegmentCount("customers", "account", key, name, count, count / 2024, reason)


SEGMENTS = (
    segment("large_big_deals", "Large, big deals", 265, "Typically 4,100 employees."),
    segment(
        "small_loyal",
        "Small, loyal customers",
        1750,
        ("typically 23 employees, 10 deals won " * 4).capitalize(),
    ),
    segment("unclassified", "Fits no segment", 9, ""),
)

CHANGES = pa.Table.from_pylist(
    [
        {"record_id": f"A{number}", "action": "set", "cause": "first", "key": "small_loyal"}
        for number in range(3)
    ],
    schema=CHANGE_SCHEMA,
)


def plan_preview(
    *,
    guards: tuple[GuardStop, ...] = (),
    status: PlanStatus = PlanStatus.PROPOSED,
    has_work: bool = True,
) -> PlanPreview:
    head = PlanHead(
        plan_id=PLAN_ID,
        connection_id="local:1",
        connection_label="crm.db",
        segmentation="customers",
        object=ObjectKind.ACCOUNT,
        field_names=FIELDS,
        as_of="2026-11-02",
        created_at="2026-11-03T08:00:00+00:00",
        pulled_at="2026-11-03T08:00:00+00:00",
        snapshot_hash="0",
        model_id="m",
        base_model_id=None,
        settings_fingerprint="0",
        schema_hash="0",
        ledger_generation=0,
        in_scope_count=2024,
        carrying_count=0,
        replaced_count=0,
        segments=SEGMENTS,
        options=(Option("small_loyal", "Small, loyal customers"),),
        counts={"set": 2024, "hold": 2, "wait": 1} if has_work else {},
        field_steps=tuple(FieldStep(name, name, "create") for name in FIELDS.values()) if has_work else (),
        guards=guards,
        notes=("287 deals name no account that is known; they count for nobody.",),
    )
    plan = Plan(head, CHANGES, ASSIGNMENT_SCHEMA.empty_table())
    approved = ("ana", "2026-11-03T09:00:00+00:00") if status is PlanStatus.APPROVED else (None, None)
    return PlanPreview(
        StoredPlan(plan, status, "h", *approved),
        (
            MakeFields(tuple(FIELDS.values())),
            WriteBatches(tuple((number,) * 184 for number in range(11))),
            BuildLists(tuple(each.name for each in SEGMENTS)),
        ),
        (
            Move(None, "Small, loyal customers", 1750),
            Move("Large, big deals", "Small, loyal customers", 273),
            Move("Large, big deals", "Large, big deals", 1),
        ),
        (
            Example("A1000275", "Umberton Haulage Corp.", None, "Small, loyal customers", REASON),
            Example("A1000682", HOSTILE, "Large, big deals", "Small, loyal customers", REASON),
        ),
    )


SHARE_GUARD = GuardStop(
    "guard.share",
    "273 of 1,900 accounts that have a segment would change it (14%); at most 10% may.",
    "Look at the plan; approve it if this is right.",
)

RUN_COMPLETE = RunResult(
    "01a20aa8-b76a-7765-9d43-802e6693e1eb",
    RunStatus.COMPLETE,
    0,
    segments=SEGMENTS,
    changes=ChangeCounts(planned=2024, written=2024),
    write_requests=11,
    plan_ids=(PLAN_ID,),
    notes=tuple(f"Something worth knowing, number {number}." for number in range(7)),
)
RUN_QUIET = RunResult("01a20aa8-0000", RunStatus.COMPLETE, 0, segments=SEGMENTS, plan_ids=(PLAN_ID,))
RUN_PARTIAL = RunResult(
    "01a20aa8-1111",
    RunStatus.PARTIAL,
    5,
    segments=SEGMENTS,
    changes=ChangeCounts(planned=40, written=30, unchanged=2, rejected=4, held=2, gone=1, pending=1),
    write_requests=2,
    plan_ids=(PLAN_ID,),
    finished_first=(FinishedRun("01a20aa7-0000", "p", ChangeCounts(planned=12, written=12)),),
    rejected=(
        RejectedGroup(
            "too_long", "crm_segment_reason", "The text is too long for the field.", 4, ("A1", "A2")
        ),
    ),
)
RUN_RESUMED = RunResult(
    "01a20aa8-3333",
    RunStatus.COMPLETE,
    0,
    segments=SEGMENTS,
    changes=ChangeCounts(planned=2024, written=2024),
    write_requests=11,
    plan_ids=(PLAN_ID,),
    finished_first=(FinishedRun("01a20aa7-0000", "p", ChangeCounts(planned=2024, written=2024)),),
)
RUN_STOPPED = RunResult(
    "01a20aa8-2222",
    RunStatus.STOPPED,
    6,
    segments=SEGMENTS,
    changes=ChangeCounts(planned=273, pending=273),
    plan_ids=(PLAN_ID,),
    error=GuardError(
        SHARE_GUARD.message,
        hint=SHARE_GUARD.hint,
        code=SHARE_GUARD.code,
        next_command=f"crm-segments approve {PLAN_ID}",
    ),
)

ROW = RunRow(
    run_id="01a20aa8-b76a-7765-9d43-802e6693e1eb",
    segmentation="customers",
    plan_id=PLAN_ID,
    command="run",
    actor="ana",
    status="complete",
    exit_code=0,
    error_code=None,
    as_of="2026-11-02",
    changes=ChangeCounts(planned=2026, written=2024, held=2),
    write_requests=11,
    started_at="2026-11-03T08:00:00+00:00",
    ended_at="2026-11-03T08:00:09+00:00",
)
STOPPED_ROW = RunRow(
    run_id="01a20aa9",
    segmentation="customers",
    plan_id=None,
    command="run",
    actor="weekly job",
    status="stopped",
    exit_code=6,
    error_code="guard.share",
    as_of="2026-11-09",
    changes=ChangeCounts(planned=273, pending=273),
    write_requests=0,
    started_at="2026-11-10T08:00:00+00:00",
    ended_at="2026-11-10T08:00:09+00:00",
)

PROPOSAL = RefitProposal(
    model_id="m2",
    segmentation="customers",
    status="refit",
    segments=SEGMENTS,
    migration=(("small_loyal", "small_loyal", 1700), ("small_loyal", "large_big_deals", 50)),
    kept=("small_loyal", "large_big_deals"),
    new=(),
    retired=(),
    sentences=("1,700 accounts stay where they are, 50 would move.",),
)

STATUS = Status(
    connection_label="crm.db",
    last_run=STOPPED_ROW,
    last_good_run=ROW,
    unfinished_run=None,
    open_plans=(plan_preview(guards=(SHARE_GUARD,)).stored,),
    segments=SEGMENTS,
    held_count=2,
    rejected_count=4,
    waiting_refit=PROPOSAL,
)

EXPLANATION = Explanation(
    record_id="A1000682",
    name=HOSTILE,
    segment_key="small_loyal",
    segment_title="Small, loyal customers",
    since="2026-11-02",
    band="likely",
    reason=REASON,
    runner_up_title="Large, big deals",
    how_close="Likely: 81% for this segment; next is Large, big deals.",
    facts=(
        ("Employees", "412", "12 to 29"),
        ("Mails opened in 90 days per contact", "not known", "1.7 to 5"),
    ),
    would_move=("Deals won of 9 or more would make it Large, big deals.",),
    history=(
        ("2026-08-03", "Small, one-time buyers", "the first one"),
        ("2026-11-02", "Small, loyal customers", "its own facts changed"),
    ),
)

RULES = PrintedRules(
    "customers",
    "account",
    (
        PrintedRule(
            "large",
            HOSTILE,
            ("Employees: at least 1,100", "Deals won: less than 2 or not known"),
            ("account.employees", "deal.is_won"),
            261,
            0.98,
        ),
        PrintedRule("small", "Small", ("Employees: less than 1,100",), ("account.employees",), 1_700, 0.951),
    ),
    0.9664,
)

EXAMINATION = Examination(
    (
        Check("Settings", Severity.OK, "/home/user/crm/config.toml is valid"),
        Check("CRM", Severity.WARN, "Other users of this computer may read crm.db.", "chmod 600 crm.db"),
        Check("State", Severity.FAIL, "state.db is damaged.", "Put back a copy of the file.", 1),
    )
)

FAILURE = FailureView(
    ConfigError(
        "The settings have a mistake.\n  config.toml, line 5: there is no key x\x1b under [sync]",
        hint="Mend what is named above.",
        next_command="crm-segments config validate",
    ),
    2,
)

DEMO = DemoStory(
    folder=Path("crm-segments-demo"),
    is_new=True,
    counts={"account": 2024, "contact": 5334, "deal": 20258, "activity": 11131},
    as_of=date(2026, 11, 2),
    preview=plan_preview(),
    first=RUN_COMPLETE,
    second=RUN_QUIET,
    explanation=EXPLANATION,
)

PIN = PinnedRecord(
    "customers",
    "account",
    "A1",
    HOSTILE,
    "large_big_deals",
    "Large, big deals",
    "strategic partner of the house, agreed with the board in spring",
    "2026-12-31",
    "kim",
    "2026-11-02T08:00:00.000+00:00",
    has_ended=False,
)
PINS = (
    PIN,
    replace(PIN, record_id="A2", name="A2", until="2026-10-31", has_ended=True),
    replace(PIN, until=None),
)

MONEY = SegmentMoney("large_big_deals", 265, 3, 1, Decimal("84120.50"), 0.5, Decimal("100.25"), 20.0, 4, 2)
REPORT = ReportedSegments(
    connection_label="crm.db",
    settings=SegmentationSettings(compare="x_tier"),
    as_of=date(2026, 11, 2),
    is_applied=False,
    titles={"large_big_deals": "Large, big deals"},
    segments=SEGMENTS,
    profiles=(),
    money=MoneyReport("USD", (MONEY,), MONEY, MONEY, MONEY, {}, ()),
    landscape=None,
    labels={},
    evidence="2 segments.",
    quality=QualityReport((QualityFinding("unmapped", "1 name in industry not in our list.", 1),)),
    notes=(),
    moves=((None, "large_big_deals", 265),),
    moved_on="2026-11-02",
    close_calls=(CloseCall("A1", "large_big_deals", "small_loyal", 0.5),),
    close_call_count=1,
    comparison=Comparison(
        HOSTILE,
        ("A",),
        {"large_big_deals": {"A": 2}},
        {},
        {"large_big_deals": "A"},
        (Disagreement("A1", "large_big_deals", "B", "A", Decimal("0.10")),),
    ),
    names={"A1": HOSTILE},
)

VIEWS: dict[str, View] = {
    "approval": ApprovalView(plan_preview(status=PlanStatus.APPROVED)),
    "demo": DemoView(DEMO),
    "doctor": DoctorView(EXAMINATION),
    "explanation": ExplanationView(EXPLANATION),
    "failure": FAILURE,
    "history": HistoryView((STOPPED_ROW, ROW)),
    "history-empty": HistoryView(()),
    "pin-add": PinView(PIN),
    "pin-list": PinsView(PINS),
    "pin-list-empty": PinsView(()),
    "pin-remove": UnpinnedView("A1"),
    "plan": PlansView((plan_preview(),), (Path("changes.csv"),)),
    "plan-guarded": PlansView((plan_preview(guards=(SHARE_GUARD,)),)),
    "plan-quiet": PlansView((plan_preview(has_work=False),)),
    "refit": RefitView(PROPOSAL),
    "report": ReportView(Path("report.html"), REPORT),
    "run": RunView(RUN_COMPLETE, "crm.db"),
    "run-partial": RunView(RUN_PARTIAL, "crm.db"),
    "run-quiet": RunView(RUN_QUIET, "crm.db"),
    "run-resumed": RunView(RUN_RESUMED, "crm.db"),
    "run-stopped": RunView(RUN_STOPPED, "crm.db"),
    "sample": SampleView([Path("sample/week_00"), Path("sample/week_01")], {"account": 2024, "deal": 1}),
    "rules": RulesView(RULES),
    "segments": SegmentsView(SEGMENTS),
    "status": StatusView(STATUS),
}
