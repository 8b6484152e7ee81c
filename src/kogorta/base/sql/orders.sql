-- Usable rows -> orders and their lines. Every row gets a fate: used or merged.

-- The identity of a row's customer before any matching, and narrow keys to find repeated rows by.
CREATE OR REPLACE TEMP TABLE keyed AS
SELECT
    row_no, order_ref, local_moment, row_amount, currency, product, title, is_line, is_line_layout, fingerprint,
    CASE who
        WHEN 'given' THEN customer_ref
        WHEN 'company' THEN 'company-' || coalesce(company_ref, inn || coalesce('-' || kpp, ''), substr(md5(folded(company)), 1, 12))
        WHEN 'contact' THEN 'contact-' || coalesce(contact_ref, substr(md5(coalesce(emails, phones, folded(contact))), 1, 12))
        WHEN 'name' THEN 'name-' || substr(md5(folded(customer_name)), 1, 12)
    END AS entity_id,
    -- two rows of one deal that are equal in it are the same line
    CASE WHEN is_line THEN concat_ws(chr(31), coalesce(product_id, ''), coalesce(product, ''), coalesce(CAST(quantity AS VARCHAR), ''),
        coalesce(CAST(price AS VARCHAR), ''), coalesce(CAST(row_amount AS VARCHAR), '')) ELSE '' END AS line_key
FROM typed
WHERE reason IS NULL;

-- Rows of one deal repeated: for a second contact, or copied. Lines of invoices and rows without an order id are never merged.
CREATE OR REPLACE TEMP TABLE repeated AS
SELECT
    row_no,
    CASE
        WHEN fingerprint = first_value(fingerprint) OVER place THEN 'duplicate_row'
        WHEN row_amount IS NOT DISTINCT FROM first_value(row_amount) OVER place
            AND local_moment = first_value(local_moment) OVER place THEN 'repeated_for_contact'
        ELSE 'order_conflict'
    END AS code
FROM keyed
WHERE order_ref IS NOT NULL AND NOT is_line_layout AND NOT $contacts_only
WINDOW place AS (PARTITION BY order_ref, is_line, line_key ORDER BY local_moment DESC, row_amount DESC, title, row_no)
QUALIFY row_number() OVER place > 1;

-- An invoice number shared by two customers is two orders; a row without an order id is an order of its own,
-- numbered among its equals so that the order of rows does not matter.
CREATE OR REPLACE TEMP TABLE shared_refs AS
SELECT order_ref FROM keyed WHERE is_line_layout AND order_ref IS NOT NULL GROUP BY order_ref HAVING min(entity_id) <> max(entity_id);

CREATE OR REPLACE TEMP TABLE placed AS
SELECT
    k.row_no, k.entity_id,
    CASE
        WHEN k.order_ref IS NULL THEN 'row-' || substr(md5(concat_ws(chr(31), k.entity_id, CAST(k.local_moment AS VARCHAR),
                CAST(k.row_amount AS VARCHAR), k.currency, coalesce(k.product, ''), coalesce(k.title, ''))), 1, 16)
            || CASE WHEN count(*) OVER same > 1 THEN '-' || row_number() OVER (same ORDER BY k.row_no) ELSE '' END
        WHEN s.order_ref IS NOT NULL THEN k.order_ref || '/' || k.entity_id
        ELSE k.order_ref
    END AS order_id,
    k.order_ref IS NULL AND count(*) OVER same > 1 AS has_equal
FROM keyed k
LEFT JOIN shared_refs s ON s.order_ref = k.order_ref
WINDOW same AS (PARTITION BY CASE WHEN k.order_ref IS NULL THEN hash(k.entity_id, k.local_moment, k.row_amount, k.currency, k.product, k.title)
    ELSE hash(k.row_no) END)
