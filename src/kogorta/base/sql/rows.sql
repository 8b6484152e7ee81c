-- Text cells -> typed values. One row per input row; nothing is dropped here. A view: it is read once, by `reasons`.
CREATE OR REPLACE TEMP VIEW readings AS
WITH numbers AS (
    SELECT
        c.*,
        {amount_value} AS amount_value,
        {price_value} AS price_value,
        {quantity_value} AS quantity_value,
        {discount_value} AS discount_value,
        {created_local} AS created_local,
        {closed_local} AS closed_local,
        {amount_word} AS amount_word,
        {price_word} AS price_word
    FROM cells c
),
worded AS (
    SELECT
        n.*,
        coalesce(n.currency, n.amount_word, n.price_word) AS currency_word,
        w.currency AS currency_read,
        CASE
            WHEN $has_stage THEN coalesce(s.status, 'open')
            WHEN $has_closed THEN CASE WHEN folded(n.closed) IN ('да', 'y', 'yes', '1', 'true', 'истина') THEN 'won' ELSE 'open' END
            ELSE 'won'
        END AS status,
        $has_stage AND n.stage IS NOT NULL AND s.status IS NULL AS stage_is_unknown,
        n.product_id IS NOT NULL OR n.product IS NOT NULL OR n.quantity IS NOT NULL OR n.price IS NOT NULL AS is_line,
        i.inn AS inn_value,
        k.kpp AS kpp_value,
        pc.joined AS phones,
        ec.joined AS emails,
        pk.joined AS company_phones,
        ek.joined AS company_emails
    FROM numbers n
    LEFT JOIN currency_words w ON w.word = coalesce(n.currency, n.amount_word, n.price_word)
    LEFT JOIN stage_words s ON s.stage = n.stage
    LEFT JOIN inn_values i ON i.cell = n.inn
    LEFT JOIN kpp_values k ON k.cell = n.kpp
    LEFT JOIN phone_values pc ON pc.cell = n.phone
    LEFT JOIN email_values ec ON ec.cell = n.email
    LEFT JOIN phone_values pk ON pk.cell = n.company_phone
    LEFT JOIN email_values ek ON ek.cell = n.company_email
),
dated AS (
    SELECT
        *,
        -- the moment of purchase: closing date of a won deal, creation date where there is none
        -- (a filled cell that cannot be read is a problem, not a reason to take the other date)
        CASE
            WHEN status IN ('won', 'refunded') AND closed_at IS NOT NULL THEN closed_local
            WHEN created_at IS NOT NULL THEN created_local
            ELSE closed_local
        END AS local_moment,
        CASE WHEN status IN ('won', 'refunded') THEN coalesce(closed_at, created_at) ELSE coalesce(created_at, closed_at) END AS moment_cell,
        -- the sum of the row: its own amount, else quantity x price
        CASE
            WHEN amount IS NOT NULL THEN amount_value
            -- a product too large for the type is too large to be money
            WHEN abs(quantity_value) >= 1000000000000 OR abs(price_value) >= 1000000000000 THEN CAST(1000000000000 AS DECIMAL(38, 8))
            WHEN quantity IS NOT NULL AND price IS NOT NULL THEN CAST(quantity_value * price_value AS DECIMAL(38, 8))
            WHEN price IS NOT NULL THEN price_value
        END AS row_amount,
        CASE WHEN amount IS NOT NULL THEN 'amount' WHEN quantity IS NOT NULL AND quantity_value IS NULL THEN 'quantity' ELSE 'price' END
            AS amount_column
    FROM worded
)
SELECT
    row_no,
    read_id(order_id) AS order_ref,
    title, pipeline, stage, status, stage_is_unknown, is_line, channel, manager, source,
    row_amount,
    CASE amount_column WHEN 'amount' THEN amount WHEN 'quantity' THEN quantity ELSE price END AS amount_cell,
    amount_column,
    amount IS NULL AND price IS NULL AS amount_is_empty,
    discount_value AS discount,
    quantity_value AS quantity,
    price_value AS price,
    currency_word,
    currency_read AS currency,
    local_moment,
    moment_cell,
    CAST(local_moment AS DATE) AS day,
    read_id(product_id) AS product_id, product, category,
    kpp_value AS kpp, inn_value AS inn, ogrn, okved,
    read_id(customer_id) AS customer_ref, customer_name,
    read_id(company_id) AS company_ref, company, company_industry, company_phones, company_emails,
    read_id(contact_id) AS contact_ref, contact, job_title, gender, education, income, attributes,
    CAST({birth_on} AS DATE) AS birth_on,
    phones, emails, country, region, city, address,
    timezone($zone, local_moment) AS moment,
    timezone($zone, created_local) AS entered_at,
    timezone($zone, closed_local) AS closed_at,
    CASE
        WHEN customer_id IS NOT NULL THEN 'given'
        WHEN NOT $contacts_only AND (company_id IS NOT NULL OR company IS NOT NULL OR inn_value IS NOT NULL) THEN 'company'
        WHEN contact_id IS NOT NULL OR emails IS NOT NULL OR phones IS NOT NULL OR contact IS NOT NULL THEN 'contact'
        WHEN company_id IS NOT NULL OR company IS NOT NULL OR inn_value IS NOT NULL THEN 'company'
        WHEN customer_name IS NOT NULL THEN 'name'
    END AS who,
    -- every cell of the row, to recognise a row copied twice
    hash({cells}) AS fingerprint
FROM dated
