"""What news makes of a payment, whatever the order in which it comes."""

from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from domain.payment_providers import PaymentOutcome
from domain.payment_standing import RANKS, Standing, further, steps_between
from models import PaymentState, TransactionKind, TransactionState

TOTAL = Decimal(100)
sums = st.sampled_from([Decimal(0), Decimal(40), TOTAL])


@st.composite
def outcomes(draw: st.DrawFn) -> PaymentOutcome:
    """What a provider may know: money that fits the state."""
    state = draw(st.sampled_from(PaymentState))
    captured = draw(sums.filter(bool)) if state is PaymentState.CAPTURED else Decimal(0)
    authorized = TOTAL if state in {PaymentState.AUTHORIZED, PaymentState.CAPTURED} else Decimal(0)
    return PaymentOutcome(state, TOTAL, "ETB", authorized=authorized, captured=captured)


@given(st.lists(outcomes(), max_size=6), st.randoms())
def test_the_order_of_news_makes_no_difference(news: list[PaymentOutcome], random: object) -> None:
    shuffled = list(news)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    end = reduce(further, news, Standing())
    assert reduce(further, shuffled, Standing()) == end
    assert reduce(further, news, end) == end
    assert end.captured <= end.authorized
    assert (end.captured > 0) == (end.state is PaymentState.CAPTURED)


@given(st.lists(outcomes(), max_size=6))
def test_steps_sum_to_what_was_paid_and_no_news_is_forgotten(news: list[PaymentOutcome]) -> None:
    standing, taken = Standing(), {kind: Decimal(0) for kind in TransactionKind}
    for each in news:
        after = further(standing, each)
        assert RANKS[after.state] >= RANKS[standing.state]
        for step in steps_between(standing, after, TOTAL):
            if step.state is TransactionState.SUCCEEDED:
                taken[step.kind] += step.amount
        standing = after
    assert taken[TransactionKind.AUTHORIZE] == standing.authorized
    assert taken[TransactionKind.CAPTURE] == standing.captured
