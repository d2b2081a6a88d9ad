"""What is kept of what anybody may send: the last of it, and only so much."""

from compiler.recent import Recent


def kept(recent: Recent[str], names: str) -> str:
    """Those of the names that are kept."""
    return "".join(name for name in names if name in recent)


def test_what_was_used_longest_ago_makes_room() -> None:
    recent = Recent[str](3)
    for name in "abc":
        recent.put(name, name.upper(), 1)
    assert recent.get("a") == "A"
    recent.put("d", "D", 1)
    assert (kept(recent, "abcd"), len(recent), recent.evictions) == ("acd", 3, 1)
    assert recent.get("b") is None


def test_long_texts_make_room_for_others_together() -> None:
    recent = Recent[str](100, most_characters=10)
    for name, characters in {"a": 4, "b": 4, "c": 2}.items():
        recent.put(name, name, characters)
    assert kept(recent, "abc") == "abc"
    recent.put("d", "d", 7)
    assert (kept(recent, "abcd"), recent.evictions) == ("cd", 2)


def test_what_is_kept_anew_counts_once() -> None:
    recent = Recent[str](100, most_characters=10)
    recent.put("a", "old", 9)
    recent.put("b", "b", 1)
    recent.put("a", "new", 5)
    recent.put("c", "c", 4)
    assert (kept(recent, "abc"), recent.get("a")) == ("abc", "new")


def test_one_that_is_too_long_by_itself_is_the_only_one() -> None:
    recent = Recent[str](100, most_characters=10)
    recent.put("a", "a", 1)
    recent.put("b", "b", 50)
    assert kept(recent, "ab") == "b"
    recent.put("c", "c", 1)
    assert kept(recent, "abc") == "c"
