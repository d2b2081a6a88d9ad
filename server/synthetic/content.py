"""The synthetic blog: its sections, posts and their tags."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from models import PublishingStatus
from server.synthetic import words
from server.synthetic.data_set import DataSet, Row, SyntheticTable, scatter, turn
from server.synthetic.goods import design
from server.synthetic.people import AUTHOR_COUNT

TAGGINGS = (1, 2, 2, 3)
PARAGRAPHS = 4
SENTENCES = 4
STATUSES = (
    *[PublishingStatus.PUBLISHED.value] * 93,
    *[PublishingStatus.DRAFT.value] * 4,
    *[PublishingStatus.ARCHIVED.value] * 2,
    PublishingStatus.SCHEDULED.value,
)
OUT = frozenset({PublishingStatus.PUBLISHED.value, PublishingStatus.ARCHIVED.value})


def section_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """The blog's sections."""
    identify = data.ids("post_categories")
    for number in numbers:
        name = words.POST_SECTIONS[number]
        yield identify(number), f"{name.lower()}-s{data.run}", name, f"{name} from our shop.", number


def post_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Posts from the oldest to the newest."""
    identify, identify_author = data.ids("posts"), data.ids("authors")
    identify_section = data.ids("post_categories")
    random = data.random("posts", numbers)
    for number in numbers:
        title = _entitle(data.run, number)
        status = random.choice(STATUSES)
        created_at = data.at(number / data.posts)
        yield (
            identify(number),
            identify_author(scatter(number, AUTHOR_COUNT)),
            identify_section(scatter(number, len(words.POST_SECTIONS))),
            f"{_as_slug(title)}-{data.name(number)}",
            title,
            " ".join(random.sample(data.texts.descriptions, 2)),
            _write_body(data, random),
            status,
            created_at if status in OUT else None,
            data.now + timedelta(days=1 + number % 30) if status == PublishingStatus.SCHEDULED else None,
            random.randrange(5_000),
            title,
            created_at,
            created_at,
        )


def post_tag_rows(data: DataSet, numbers: range) -> Iterator[Row]:
    """Up to three different tags for each post."""
    identify_post, identify_tag = data.ids("posts"), data.ids("tags")
    for number in numbers:
        for position in range(turn(TAGGINGS, number)):
            yield identify_post(number), identify_tag((number // 3 + 7 * position) % len(words.TAGS))


def _entitle(run: int, number: int) -> str:
    what, other = design(run, number), design(run, number + 1)
    return words.POST_TITLES[scatter(number, len(words.POST_TITLES))].format(
        noun=what.noun,
        noun2=other.noun,
        adjective=what.adjective,
        material=what.material,
        place=words.PLACES[what.step % len(words.PLACES)].title(),
        people=words.PEOPLE[what.step % len(words.PEOPLE)].title(),
    )


def _as_slug(title: str) -> str:
    kept = "".join(character for character in title.lower() if character.isalnum() or character in " -")
    return kept.replace(" ", "-")


def _write_body(data: DataSet, random: Random) -> str:
    sentences = random.sample(data.texts.descriptions, PARAGRAPHS * SENTENCES)
    paragraphs = [" ".join(sentences[start : start + SENTENCES]) for start in range(0, len(sentences), SENTENCES)]
    return "\n\n".join((*paragraphs[:2], "## What we learned", *paragraphs[2:]))


SECTIONS = SyntheticTable("post_categories", ("id", "slug", "name", "description", "position"), section_rows)
POSTS = SyntheticTable(
    "posts",
    (
        "id",
        "author_id",
        "category_id",
        "slug",
        "title",
        "excerpt",
        "body",
        "status",
        "published_at",
        "scheduled_at",
        "view_count",
        "seo_title",
        "created_at",
        "updated_at",
    ),
    post_rows,
)
POST_TAGS = SyntheticTable("post_tags", ("post_id", "tag_id"), post_tag_rows, TAGGINGS)
