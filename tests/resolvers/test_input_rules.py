"""What fields of inputs accept."""

import pytest

from resolvers.input_rules import PictureRule, RefusedValueError

PICTURES = PictureRule(longest=60)


@pytest.mark.parametrize(
    "address", ["https://cdn.example/lamp.webp?w=3", "http://cdn.example/a", "/media/lampe-ä.webp"]
)
def test_picture_is_on_the_web_or_on_the_site(address: str) -> None:
    assert PICTURES.accepted(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " https://cdn.example/lamp.webp",
        "https://cdn.example/a b",
        "https://cdn.example/a\nb",
        "data:image/svg+xml,<svg/onload=alert(1)>",
        "/\\evil.example/lamp.webp",
        "lamp.webp",
        "/",
        "",
        "/media/\x00.webp",
        "/" + 60 * "a",
    ],
)
def test_address_that_could_be_a_script_or_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(RefusedValueError):
        PICTURES.accepted(address)
