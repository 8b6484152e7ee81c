-- Why a row cannot be used (the first reason in this order wins; everything else stays a note), the identity of its customer before any
-- matching, and narrow keys to find repeated and equal rows by.
WITH priced AS (
    SELECT
        r.* REPLACE (coalesce(r.currency, CASE WHEN r.currency_word IS NULL THEN $currency END) AS currency),
        r.currency AS currency_read
    FROM readings r
),
judged AS (
    SELECT
        p.* EXCLUDE (currency_read),
        coalesce(x.rate, CASE WHEN p.currency = $currency THEN CAST(1 AS DECIMAL(24, 10)) END) AS rate,
        CASE
            WHEN p.who IS NULL THEN 'customer_missing'
            WHEN $contacts_only THEN NULL
            WHEN regexp_full_match(folded(p.title),
                '[^\p{L}]*(тест|test|проверка)(ов\p{L}*)?(\s+(сделк|заказ|лид|продаж|deal|order|lead)\p{L}*)?[^\p{L}]*') THEN 'test_order'
            WHEN p.moment_cell IS NULL THEN 'date_missing'
            WHEN p.local_moment IS NULL THEN 'date_malformed'
            WHEN p.day < DATE '1990-01-01' THEN 'date_impossible'
            WHEN p.status IN ('won', 'refunded') AND p.day > CAST($received_on AS DATE) THEN 'date_in_future'
            WHEN NOT p.amount_is_empty AND p.row_amount IS NULL THEN 'amount_malformed'
            WHEN p.amount_is_empty AND p.status IN ('won', 'refunded') THEN 'amount_missing'
            WHEN abs(p.row_amount) >= 1000000000000 THEN 'amount_impossible'
            WHEN p.currency_word IS NOT NULL AND p.currency_read IS NULL THEN 'currency_unknown'
            WHEN p.currency_read <> $currency AND x.rate IS NULL THEN 'currency_without_rate'
            WHEN $ignore_refunds AND (p.row_amount <= 0 OR p.quantity <= 0 OR p.price <= 0 OR p.status = 'refunded') THEN 'refund_ignored'
        END AS reason,
        CASE p.who
            WHEN 'given' THEN p.customer_ref
            WHEN 'company' THEN 'company-'
                || coalesce(p.company_ref, p.inn || coalesce('-' || p.kpp, ''), substr(md5(folded(p.company)), 1, 12))
            WHEN 'contact' THEN 'contact-' || coalesce(p.contact_ref, substr(md5(coalesce(p.emails, p.phones, folded(p.contact))), 1, 12))
            WHEN 'name' THEN 'name-' || substr(md5(folded(p.customer_name)), 1, 12)
        END AS entity_id
    FROM priced p
    LEFT JOIN rates x ON x.currency = p.currency_read AND x.day = p.day
)
SELECT
    *,
    CASE
        WHEN reason = 'customer_missing' THEN 'customer_id'
        WHEN reason = 'test_order' THEN 'title'
        WHEN starts_with(reason, 'date') THEN CASE WHEN status IN ('won', 'refunded') THEN 'closed_at' ELSE 'created_at' END
        WHEN starts_with(reason, 'amount') OR reason = 'refund_ignored' THEN amount_column
        WHEN starts_with(reason, 'currency') THEN 'currency'
    END AS reason_column,
    CASE
        WHEN reason = 'test_order' THEN title
        WHEN starts_with(reason, 'date') THEN moment_cell
        WHEN starts_with(reason, 'amount') OR reason = 'refund_ignored' THEN amount_cell
        WHEN starts_with(reason, 'currency') THEN currency_word
    END AS reason_value,
    -- two rows of one deal that are equal in it are the same line; lines of invoices are never merged
    CASE WHEN reason IS NULL AND order_ref IS NOT NULL AND NOT $line_layout AND NOT $contacts_only THEN
        CASE WHEN is_line THEN hash(order_ref, product_id, product, quantity, price, row_amount) ELSE hash(order_ref) END END AS place_key,
    -- what an order would look like from this row: of rows that look the same it does not matter which one is kept
    hash(status, stage, pipeline, channel, manager, currency, discount, closed_at, category) AS face,
    CASE WHEN reason IS NULL AND order_ref IS NULL AND NOT $contacts_only THEN
        hash(entity_id, local_moment, row_amount, currency, product, title) END AS equal_key,
    CASE
        WHEN reason IS NOT NULL THEN NULL
        WHEN order_ref IS NOT NULL THEN order_ref
        WHEN NOT $contacts_only THEN 'row-' || substr(md5(concat_ws(chr(31), entity_id, CAST(local_moment AS VARCHAR),
            CAST(row_amount AS VARCHAR), currency, coalesce(product, ''), coalesce(title, ''))), 1, 16)
    END AS own_order_id
FROM judged
