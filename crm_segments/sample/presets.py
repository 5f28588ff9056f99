"""The named worlds: `five` is the demo's company, `seven` a finer one, `none` has no segments at all."""

from dataclasses import replace

from crm_segments.sample.world import Lognormal, Move, Segment, World

__all__ = ["PRESETS", "world_named"]

_FIVE = World(
    name="five",
    description=(
        "A generated B2B software company: enterprise customers who buy whole solutions, enterprise accounts "
        "gone quiet, growing mid-market customers of single modules, loyal small customers of the starter "
        "package, and small accounts that bought once or never."
    ),
    segments=(
        Segment(
            key="enterprise_steady", share=0.14, employees=Lognormal(4000, 0.6),
            orders_per_year=6.0, order_value=Lognormal(20_000, 0.6), silence=Lognormal(1.5, 0.5), growth=0.0,
            once=0.005, never=0.0005, quarter_end=0.15, opens=0.32, clicks=0.055, contacts=4.0,
            activities=7.0, opt_out=0.03, open_deals=0.9, products=(12, 3, 2, 2, 1),
            industries=("Finance", "Manufacturing"),
        ),
        Segment(
            key="enterprise_quiet", share=0.14, employees=Lognormal(4000, 0.6),
            orders_per_year=2.5, order_value=Lognormal(14_000, 0.6), silence=Lognormal(560, 0.22),
            growth=-0.05, once=0.06, never=0.001, quarter_end=0.15, opens=0.09, clicks=0.01, contacts=3.0,
            activities=0.4, opt_out=0.12, open_deals=0.08, products=(10, 4, 3, 2, 1),
        ),
        Segment(
            key="midmarket_growing", share=0.21, employees=Lognormal(380, 0.55),
            orders_per_year=7.0, order_value=Lognormal(4000, 0.55), silence=Lognormal(1.5, 0.5), growth=0.25,
            once=0.005, never=0.0005, quarter_end=0.1, opens=0.36, clicks=0.07, contacts=2.5,
            activities=6.0, opt_out=0.03, open_deals=1.1, products=(1, 8, 8, 6, 1),
            industries=("Software", "Healthcare"),
        ),
        Segment(
            key="small_loyal", share=0.24, employees=Lognormal(22, 0.6),
            orders_per_year=4.5, order_value=Lognormal(320, 0.5), silence=Lognormal(1.5, 0.5), growth=0.0,
            once=0.01, never=0.0005, quarter_end=0.05, opens=0.28, clicks=0.045, contacts=0.8,
            activities=2.0, opt_out=0.04, open_deals=0.3, products=(0.2, 1, 1, 1, 16),
            industries=("Retail", "Services"),
        ),
        Segment(
            key="small_one_time", share=0.27, employees=Lognormal(18, 0.65),
            orders_per_year=0.6, order_value=Lognormal(260, 0.6), silence=Lognormal(420, 0.3), growth=-0.1,
            once=0.93, never=0.01, quarter_end=0.05, opens=0.09, clicks=0.008, contacts=0.3,
            activities=0.3, opt_out=0.12, open_deals=0.12, products=(0.2, 1, 1, 1, 10),
        ),
    ),
    newcomers="small_one_time",
    moves=(
        Move("enterprise_steady", "enterprise_quiet"),
        Move("enterprise_quiet", "enterprise_steady"),
        Move("midmarket_growing", "enterprise_steady"),
        Move("small_loyal", "midmarket_growing"),
        Move("small_one_time", "small_loyal"),
    ),
)  # fmt: skip

_SEVEN = World(
    name="seven",
    description=(
        "A generated B2B software company with seven kinds of customer, from steady enterprises to new "
        "prospects that have not bought yet."
    ),
    segments=(
        Segment(
            key="enterprise_steady", share=0.06, employees=Lognormal(4000, 0.7),
            orders_per_year=10.0, order_value=Lognormal(20_000, 0.8), silence=Lognormal(1.5, 0.5), growth=0.0,
            once=0.005, never=0.0005, quarter_end=0.15, opens=0.3, clicks=0.05, contacts=4.0,
            activities=7.0, opt_out=0.03, open_deals=0.9, products=(12, 3, 2, 2, 1),
            industries=("Finance", "Manufacturing"),
        ),
        Segment(
            key="enterprise_dormant", share=0.04, employees=Lognormal(4000, 0.7),
            orders_per_year=0.5, order_value=Lognormal(15_000, 0.9), silence=Lognormal(420, 0.3),
            growth=-0.15, once=0.1, never=0.001, quarter_end=0.15, opens=0.1, clicks=0.01, contacts=3.0,
            activities=0.4, opt_out=0.12, open_deals=0.08, products=(10, 4, 3, 2, 1),
        ),
        Segment(
            key="midmarket_growing", share=0.15, employees=Lognormal(400, 0.6),
            orders_per_year=5.0, order_value=Lognormal(4000, 0.7), silence=Lognormal(1.5, 0.5), growth=0.25,
            once=0.01, never=0.0005, quarter_end=0.1, opens=0.35, clicks=0.07, contacts=2.5,
            activities=6.0, opt_out=0.03, open_deals=1.1, products=(1, 8, 8, 6, 1),
            industries=("Software", "Healthcare"),
        ),
        Segment(
            key="midmarket_price_buyer", share=0.15, employees=Lognormal(350, 0.6),
            orders_per_year=8.0, order_value=Lognormal(900, 0.5), silence=Lognormal(1.5, 0.5), growth=0.0,
            once=0.01, never=0.0005, quarter_end=0.75, opens=0.2, clicks=0.03, contacts=1.8,
            activities=2.5, opt_out=0.05, open_deals=0.5, products=(0.5, 8, 3, 3, 4),
            industries=("Retail", "Wholesale"),
        ),
        Segment(
            key="smb_loyal", share=0.2, employees=Lognormal(25, 0.7),
            orders_per_year=6.0, order_value=Lognormal(300, 0.6), silence=Lognormal(1.5, 0.5), growth=0.0,
            once=0.01, never=0.0005, quarter_end=0.05, opens=0.28, clicks=0.04, contacts=0.6,
            activities=2.0, opt_out=0.04, open_deals=0.3, products=(0.2, 1, 1, 1, 16),
            industries=("Retail", "Services"),
        ),
        Segment(
            key="smb_one_off", share=0.3, employees=Lognormal(12, 0.8),
            orders_per_year=0.6, order_value=Lognormal(250, 0.9), silence=Lognormal(420, 0.5), growth=-0.1,
            once=0.97, never=0.001, quarter_end=0.05, opens=0.12, clicks=0.01, contacts=0.3,
            activities=0.3, opt_out=0.1, open_deals=0.1, products=(0.2, 1, 1, 1, 10),
        ),
        Segment(
            key="new_prospect", share=0.1, employees=Lognormal(120, 1.9),
            orders_per_year=0.6, order_value=Lognormal(1000, 1.2), silence=Lognormal(45, 0.7), growth=0.0,
            once=0.0005, never=0.999, quarter_end=0.05, opens=0.25, clicks=0.04, contacts=0.8,
            activities=2.5, opt_out=0.03, open_deals=1.3, products=(2, 2, 2, 2, 3),
        ),
    ),
    newcomers="new_prospect",
    moves=(
        Move("enterprise_steady", "enterprise_dormant"),
        Move("enterprise_dormant", "enterprise_steady"),
        Move("midmarket_growing", "enterprise_steady"),
        Move("midmarket_price_buyer", "midmarket_growing"),
        Move("smb_loyal", "midmarket_growing"),
        Move("smb_one_off", "smb_loyal"),
        Move("new_prospect", "smb_loyal", 2.0),
        Move("new_prospect", "midmarket_growing"),
    ),
    movers=0.01,
)  # fmt: skip


def _without_segments(world: World) -> World:
    """The same company with nothing that could set groups of accounts apart."""
    alike = tuple(
        # Having one order, one contact or no click would be a group of its own even where all accounts are
        # alike: they have many of each.
        replace(
            segment,
            once=0.0,
            never=0.0,
            orders_per_year=8.0,
            opens=0.4,
            clicks=0.12,
            contacts=5.0,
            activities=8.0,
            industries=(),
        )
        for segment in world.segments
    )
    return replace(
        world,
        name="none",
        description="A generated B2B software company whose customers form no groups at all.",
        segments=alike,
        moves=(),
        movers=0.0,
        separation=0.0,
    )


PRESETS = {world.name: world for world in (_FIVE, _without_segments(_FIVE), _SEVEN)}


def world_named(name: str) -> World:
    """The preset of this name.

    Raises:
        ValueError: There is none; the message lists those that there are.
    """
    if name not in PRESETS:
        raise ValueError(f'there is no sample company "{name}"; choose one of {", ".join(sorted(PRESETS))}')
    return PRESETS[name]
