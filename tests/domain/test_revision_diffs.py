"""What is different between two contents is said by paths, and members of lists are known by themselves."""

from typing import Any

import pytest

from domain.revision_diffs import FieldChange, differences

PICTURES = [{"url": "/a", "alt_text": "A"}, {"url": "/b", "alt_text": "B"}]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"title": "Old", "slug": "same"}, {"title": "New", "slug": "same"}, [(("title",), "Old", "New")]),
        ({"tags": ["a", "b"]}, {"tags": ["b", "c"]}, [(("tags", "a"), "a", None), (("tags", "c"), None, "c")]),
        ({"features": ["a", "b"]}, {"features": ["b", "a"]}, [(("features",), ["a", "b"], ["b", "a"])]),
        ({"features": ["a", "a"]}, {"features": ["a"]}, [(("features",), ["a", "a"], ["a"])]),
        (
            {"images": PICTURES},
            {"images": [PICTURES[0], {"url": "/b", "alt_text": "Bee"}]},
            [(("images", "/b", "alt_text"), "B", "Bee")],
        ),
        (
            {"variants": {"1": {"price": "1.00", "sku": "A"}, "2": {"sku": "B"}}},
            {"variants": {"1": {"price": "2.00", "sku": "A"}, "3": {"sku": "C"}}},
            [
                (("variants", "1", "price"), "1.00", "2.00"),
                (("variants", "2"), {"sku": "B"}, None),
                (("variants", "3"), None, {"sku": "C"}),
            ],
        ),
        ({"category_id": None}, {"category_id": "x", "late": None}, [(("category_id",), None, "x")]),
        ({"body": ""}, {"body": ""}, []),
    ],
)
def test_differences(before: Any, after: Any, expected: Any) -> None:
    assert differences(before, after) == [FieldChange(*each) for each in expected]
