-- Why a row cannot be used. The first reason in this order wins; everything else stays a note.
CREATE OR REPLACE TEMP TABLE judged AS
SELECT
    t.* EXCLUDE (reason, reason_column, reason_value, currency),
    coalesce(t.currency, CASE WHEN t.currency_word IS NULL THEN $currency END) AS currency,
    coalesce(r.rate, CASE WHEN coalesce(t.currency, CASE WHEN t.currency_word IS NULL THEN $currency END) = $currency
        THEN CAST(1 AS DECIMAL(24, 10)) END) AS rate,
    CASE
        WHEN t.who IS NULL THEN 'customer_missing'
        WHEN $contacts_only THEN NULL
        WHEN regexp_full_match(folded(t.title),
            '[^\p{L}]*(тест|test|проверка)(ов\p{L}*)?(\s+(сделк|заказ|лид|продаж|deal|order|lead)\p{L}*)?[^\p{L}]*') THEN 'test_order'
        WHEN t.moment_cell IS NULL THEN 'date_missing'
        WHEN t.local_moment IS NULL THEN 'date_malformed'
        WHEN t.day < DATE '1990-01-01' THEN 'date_impossible'
        WHEN t.status IN ('won', 'refunded') AND t.day > CAST($received_on AS DATE) THEN 'date_in_future'
        WHEN NOT t.amount_is_empty AND t.row_amount IS NULL THEN 'amount_malformed'
        WHEN t.amount_is_empty AND t.status IN ('won', 'refunded') THEN 'amount_missing'
        WHEN abs(t.row_amount) >= 1000000000000 THEN 'amount_impossible'
        WHEN t.currency_word IS NOT NULL AND t.currency IS NULL THEN 'currency_unknown'
        WHEN t.currency IS NOT NULL AND t.currency <> $currency AND r.rate IS NULL THEN 'currency_without_rate'
        WHEN $ignore_refunds AND (t.row_amount <= 0 OR t.quantity <= 0 OR t.price <= 0 OR t.status = 'refunded') THEN 'refund_ignored'
    END AS reason
FROM typed t
LEFT JOIN rates r ON r.currency = t.currency AND r.day = t.day;

CREATE OR REPLACE TEMP TABLE typed AS
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
    END AS reason_value
FROM judged
