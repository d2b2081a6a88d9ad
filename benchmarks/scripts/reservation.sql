-- Reserve one unit of three variants, as domain/stock_moving.py does.
\set first random(1, :third)
\set second :first + :third
\set last :second + :third
BEGIN;
SELECT set_config('merkato.stock', '{"kind": "RESERVED"}', true);
UPDATE stock_levels SET reserved = stock_levels.reserved + 1 FROM (
    SELECT level.id FROM stock_levels AS level JOIN product_variants AS variant ON variant.id = level.variant_id
    WHERE sku = ANY (ARRAY[:prefix::text || :first::text, :prefix::text || :second::text, :prefix::text || :last::text])
    ORDER BY level.id FOR UPDATE OF level
) AS locked
WHERE stock_levels.id = locked.id AND quantity - stock_levels.reserved >= 1;
COMMIT;
