"""The ceiling of Python on PostgreSQL for purchases: raw ASGI and the transactions of `scripts/checkout.sql`.

It answers the requests of guests (`benchmarks.purchases`) and does for them what the script does, statement by
statement, each a message to PostgreSQL, as BEGIN and COMMIT are. Variants, address and key are those that guests send;
quantities, names and totals are those of the script. Everything else that a shop needs is left out: GraphQL, a look at
what is sent, who may do what and whose rows they are, whether a cart is open and whether there is enough of everything,
what it costs by now, taxes, codes, a second request under the same key, and what cart and order look like afterwards.
The token of a guest is no secret: it is the keys of the cart.
"""

import gc
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import orjson
from uuid_utils.compat import uuid7

from benchmarks.servers.connections import Connections, connect
from benchmarks.servers.raw_asgi import Headers, application

TOKEN = b"guest-token"

NO_ADDRESS = dict.fromkeys(("line2", "region", "company", "postal_code", "phone"))

OPEN_CART = "INSERT INTO carts (id, guest_id, expires_at) VALUES ($1, $2, now() + interval '1 day')"

ADD_LINES = """
    INSERT INTO cart_lines (id, cart_id, variant_id, quantity, customization_hash, unit_price_seen)
    SELECT uuidv7(), $1::uuid, id, 1, sha256('{}'), price FROM product_variants WHERE id = ANY ($2)
"""

SET_DETAILS = """
    UPDATE carts SET
        email = $2, country_code = $3, shipping_method_id = $4, version = version + 1, shipping_address = $5
    WHERE id = $1
"""

KEEP_KEY = """
    INSERT INTO idempotency_keys (id, actor_id, key, operation, request_hash, outcome_id)
    VALUES (uuidv7(), $1, $2, 'checkout', sha256('{}'), $3)
"""

LOCK_CART = "SELECT FROM carts WHERE id = $1 FOR UPDATE"

NAME_CAUSE = """
    SELECT
        set_config('merkato.actor', '{"kind": "VISITOR"}', true),
        set_config(
            'merkato.stock', '{"kind": "RESERVED", "cause": "orders", "cause_id": "' || $1::uuid::text || '"}', true
        )
"""

RESERVE = """
    UPDATE stock_levels SET reserved = stock_levels.reserved + 1 FROM (
        SELECT level.id FROM stock_levels AS level JOIN cart_lines AS line ON line.variant_id = level.variant_id
        WHERE cart_id = $1 ORDER BY level.id FOR UPDATE OF level
    ) AS locked
    WHERE stock_levels.id = locked.id AND quantity - stock_levels.reserved >= 1
"""

PLACE_ORDER = """
    WITH lines AS (
        INSERT INTO order_lines (
            id, order_id, position, variant_id, product_id, sku, product_name, variant_name, quantity, unit_price,
            subtotal, tax_rate, tax, total, is_reserved
        )
        SELECT
            uuidv7(), $2, row_number() OVER (ORDER BY line.id), variant.id, product.id, sku, product.name,
            variant.name, 1, 100, 100, 0.15, 13.04, 100, true
        FROM cart_lines AS line JOIN product_variants AS variant ON variant.id = variant_id
        JOIN products AS product ON product.id = product_id
        WHERE cart_id = $1
    ), completed AS (
        UPDATE carts SET completed_at = now() WHERE id = $1
    ), begun AS (
        INSERT INTO payments (id, order_id, provider, kind, status, amount, authorized, currency)
        VALUES ($3, $2, 'manual', 'CASH_ON_DELIVERY', 'AUTHORIZED', 350, 350, 'ETB')
    ), step AS (
        INSERT INTO payment_transactions (id, payment_id, kind, status, amount, currency, settled_at)
        VALUES (uuidv7(), $3, 'AUTHORIZE', 'SUCCEEDED', 350, 'ETB', now())
    )
    INSERT INTO orders (
        id, guest_id, cart_id, customer, email, shipping_address, billing_address, country_code, subtotal,
        shipping_total, shipping_tax, tax_total, total, shipping_method_id, shipping_method_name, status,
        payment_status, authorized_total
    )
    SELECT
        $2, guest_id, id, '{"name": "Hana Bekele", "email": "hana@shop.example", "phone": null}', email,
        shipping_address, shipping_address, country_code, 300, 50, 6.52, 45.64, 350, shipping_method_id, 'Courier',
        'CONFIRMED', 'AUTHORIZED', 350
    FROM carts WHERE id = $1
"""

SEND_MAIL = """
    WITH job AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, headers, status)
        SELECT
            -1, 'send_mail',
            convert_to(
                '{"template":"order_confirmed","to":"hana@shop.example","values":{"name":"Hana Bekele","number":"'
                || number || '","total":"350.00 ETB"}}', 'UTF8'
            ),
            now(), jsonb_build_object('job_id', $1::uuid::text), 'queued'
        FROM orders WHERE id = $2
        RETURNING id
    )
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, 'queued', 'send_mail', -1 FROM job
"""

STATEMENTS = (
    "BEGIN",
    "COMMIT",
    OPEN_CART,
    ADD_LINES,
    SET_DETAILS,
    KEEP_KEY,
    LOCK_CART,
    NAME_CAUSE,
    RESERVE,
    PLACE_ORDER,
    SEND_MAIL,
)


@dataclass(frozen=True, slots=True)
class Till:
    """A connection on which all statements are prepared."""

    prepared: Mapping[str, Callable[..., Awaitable[object]]]

    async def run(self, statement: str, *arguments: object) -> None:
        """Send one of them. Nothing that they give is of use."""
        await self.prepared[statement](*arguments)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a guest wants, and the keys of their cart when they have one."""

    given: Mapping[str, Any]
    token: str


async def _open_till() -> Till:
    connection = await connect()
    return Till({statement: (await connection.prepare(statement)).fetch for statement in STATEMENTS})


async def _add_to_cart(till: Till, sent: Sent) -> Any:
    cart, guest = uuid7(), uuid4()
    variants = [_key(line["variantId"]) for line in sent.given["lines"]]
    await till.run("BEGIN")
    await till.run(OPEN_CART, cart, guest)
    await till.run(ADD_LINES, cart, variants)
    await till.run("COMMIT")
    return {"addToCart": {"__typename": "AddedToCart", "guestToken": f"{cart}.{guest}"}}


async def _set_details(till: Till, sent: Sent) -> Any:
    (cart, _guest), given = _keys(sent), sent.given
    address = NO_ADDRESS | given["shippingAddress"]
    address["country_code"] = address.pop("countryCode")
    method = _key(given["shippingMethodId"])
    await till.run(SET_DETAILS, cart, given["email"], given["countryCode"], method, orjson.dumps(address).decode())
    return {"setCartDetails": {"__typename": "Cart"}}


async def _check_out(till: Till, sent: Sent) -> Any:
    (cart, guest), placed, payment = _keys(sent), uuid7(), uuid7()
    await till.run("BEGIN")
    await till.run(KEEP_KEY, guest, sent.given["idempotencyKey"], placed)
    await till.run(LOCK_CART, cart)
    await till.run(NAME_CAUSE, placed)
    await till.run(RESERVE, cart)
    await till.run(PLACE_ORDER, cart, placed, payment)
    await till.run(SEND_MAIL, payment, placed)
    await till.run("COMMIT")
    return {"checkout": {"__typename": "Checkout"}}


def _keys(sent: Sent) -> tuple[UUID, UUID]:
    """Of the cart and of whoever fills it."""
    cart, _, guest = sent.token.partition(".")
    return UUID(cart), UUID(guest)


def _key(global_id: str) -> UUID:
    return UUID(b64decode(global_id).rpartition(b":")[2].decode())


OPERATIONS: Mapping[str, Callable[[Till, Sent], Awaitable[Any]]] = MappingProxyType(
    {"AddToCart": _add_to_cart, "SetCartDetails": _set_details, "Checkout": _check_out}
)

tills = Connections(_open_till)


async def answer(body: bytes, headers: Headers) -> bytes:
    """The answer to the named operation."""
    request = orjson.loads(body)
    token = next((value.decode() for name, value in headers if name == TOKEN), "")
    data = await tills.run(OPERATIONS[request["operationName"]], Sent(request["variables"]["input"], token))
    return orjson.dumps({"data": data})


app = application(answer)
gc.freeze()
