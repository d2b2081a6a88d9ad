"""The ceiling of the HTTP server: the same answer, of the size of a product, to every request."""

import orjson

from benchmarks.servers.raw_asgi import Headers, application

COMMENT = "It survived rough floors in the very first week. Would buy it again for any home office."
REVIEW = {"rating": 5, "comment": COMMENT, "author": {"name": "Tigist A."}}
ANSWER = orjson.dumps(
    {
        "data": {
            "product": {
                "id": "UHJvZHVjdDowMTlhMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA=",
                "name": "Minimal Brass Rain Barrel",
                "price": {"amount": "36890.00", "currencyCode": "ETB"},
                "category": {"name": "Watering", "slug": "watering"},
                "reviews": {"nodes": [REVIEW] * 3},
            }
        }
    }
)


async def answer(_body: bytes, _headers: Headers) -> bytes:
    """What was written ahead."""
    return ANSWER


app = application(answer)
