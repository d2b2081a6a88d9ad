-- The transactions of one guest who fills a cart with three variants, says where it goes, and checks out, to pay at the
-- door: the same transactions, locks and rows as those of addToCart, setCartDetails and checkout, in as few statements or
-- fewer, and nothing read that is not needed.
\set first random(1, :third)
\set second :first + :third
\set last :second + :third

SELECT uuidv7() AS cart, uuidv7() AS placed, uuidv7() AS payment, gen_random_uuid() AS guest \gset

BEGIN;
INSERT INTO carts (id, guest_id, expires_at) VALUES (:cart, :guest, now() + interval '1 day');
INSERT INTO cart_lines (id, cart_id, variant_id, quantity, customization_hash, unit_price_seen)
SELECT uuidv7(), :cart::uuid, id, 1, sha256('{}'), price FROM product_variants
WHERE sku = ANY (ARRAY[:prefix::text || :first::text, :prefix::text || :second::text, :prefix::text || :last::text]);
COMMIT;

UPDATE carts SET
    email = 'hana@shop.example', country_code = 'ET', shipping_method_id = :method::uuid, version = version + 1,
    shipping_address = '{
        "name": "Hana Bekele", "line1": "Bole Road 1", "line2": null, "city": "Addis Ababa", "region": null,
        "company": null, "postal_code": null, "phone": null, "country_code": "ET"
    }'
WHERE id = :cart;

BEGIN;
INSERT INTO idempotency_keys (id, actor_id, key, operation, request_hash, outcome_id)
VALUES (uuidv7(), :guest::uuid, :payment, 'checkout', sha256('{}'), :placed::uuid);
SELECT FROM carts WHERE id = :cart FOR UPDATE;
SELECT
    set_config('merkato.actor', '{"kind": "VISITOR"}', true),
    set_config('merkato.stock', '{"kind": "RESERVED", "cause": "orders", "cause_id": "' || :placed::text || '"}', true);
UPDATE stock_levels SET reserved = stock_levels.reserved + 1 FROM (
    SELECT level.id FROM stock_levels AS level JOIN cart_lines AS line ON line.variant_id = level.variant_id
    WHERE cart_id = :cart ORDER BY level.id FOR UPDATE OF level
) AS locked
WHERE stock_levels.id = locked.id AND quantity - stock_levels.reserved >= 1;
WITH lines AS (
    INSERT INTO order_lines (
        id, order_id, position, variant_id, product_id, sku, product_name, variant_name, quantity, unit_price, subtotal,
        tax_rate, tax, total, is_reserved
    )
    SELECT
        uuidv7(), :placed::uuid, row_number() OVER (ORDER BY line.id), variant.id, product.id, sku, product.name,
        variant.name, 1, 100, 100, 0.15, 13.04, 100, true
    FROM cart_lines AS line JOIN product_variants AS variant ON variant.id = variant_id
    JOIN products AS product ON product.id = product_id
    WHERE cart_id = :cart
), completed AS (
    UPDATE carts SET completed_at = now() WHERE id = :cart
), begun AS (
    INSERT INTO payments (id, order_id, provider, kind, status, amount, authorized, currency)
    VALUES (:payment, :placed, 'manual', 'CASH_ON_DELIVERY', 'AUTHORIZED', 350, 350, 'ETB')
), step AS (
    INSERT INTO payment_transactions (id, payment_id, kind, status, amount, currency, settled_at)
    VALUES (uuidv7(), :payment, 'AUTHORIZE', 'SUCCEEDED', 350, 'ETB', now())
)
INSERT INTO orders (
    id, guest_id, cart_id, customer, email, shipping_address, billing_address, country_code, subtotal, shipping_total,
    shipping_tax, tax_total, total, shipping_method_id, shipping_method_name, status, payment_status, authorized_total
)
SELECT
    :placed::uuid, guest_id, id, '{"name": "Hana Bekele", "email": "hana@shop.example", "phone": null}', email,
    shipping_address, shipping_address, country_code, 300, 50, 6.52, 45.64, 350, shipping_method_id, 'Courier',
    'CONFIRMED', 'AUTHORIZED', 350
FROM carts WHERE id = :cart;
WITH job AS (
    INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, headers, status)
    SELECT
        -1, 'send_mail',
        convert_to(
            '{"template":"order_confirmed","to":"hana@shop.example","values":{"name":"Hana Bekele","number":"'
            || number || '","total":"350.00 ETB"}}', 'UTF8'
        ),
        now(), jsonb_build_object('job_id', :payment::text), 'queued'
    FROM orders WHERE id = :placed
    RETURNING id
)
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, 'queued', 'send_mail', -1 FROM job;
COMMIT;
