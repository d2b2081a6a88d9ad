"""What a review may say, and where it stands after each step."""

import pytest

from domain.errors import InvalidInputError
from domain.review_rules import (
    OUT_UNSEEN,
    WAITING,
    ReviewText,
    Standing,
    standing_when_edited,
    standing_when_new,
)
from models import ModerationStatus

PENDING, APPROVED, REJECTED = ModerationStatus.PENDING, ModerationStatus.APPROVED, ModerationStatus.REJECTED


def test_new_review_waits_or_comes_out_as_the_shop_wishes() -> None:
    assert standing_when_new(moderates_first=True) == Standing(PENDING)
    assert standing_when_new(moderates_first=False) == Standing(APPROVED, is_published_unseen=True)


@pytest.mark.parametrize(
    ("status", "moderates_first", "standing"),
    [
        (PENDING, True, WAITING),
        (APPROVED, True, WAITING),
        (REJECTED, True, WAITING),
        (PENDING, False, WAITING),
        (APPROVED, False, OUT_UNSEEN),
        (REJECTED, False, WAITING),
    ],
)
def test_edited_review_is_looked_at_anew_and_comes_out_only_if_it_was_out(
    status: ModerationStatus, moderates_first: bool, standing: Standing
) -> None:
    assert standing_when_edited(status, moderates_first=moderates_first) == standing


def test_texts_are_stored_without_spaces_around_them_and_titles_in_one_line() -> None:
    text = ReviewText(5, "  Quiet\n and\tquick ", "\r\nIt runs.\r\n\r\n\tStill. \n").cleaned()
    assert text == ReviewText(5, "Quiet and quick", "It runs.\n\n\tStill.")


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        ReviewText(6, "\x07" + "x" * 120, "\x1b[2J").cleaned()
    assert [(field.path, field.message) for field in refused.value.fields] == [
        (("rating",), "It must be from 1 to 5."),
        (("title",), "It has 121 characters; 120 are the most."),
        (("title",), "It must not hold control characters. Remove them."),
        (("comment",), "It must not hold control characters. Remove them."),
    ]
