-- Usable rows that are not orders of their own under their own id: repeated, equal, or under an invoice number that two customers share.
-- Every other row is used as it stands, so these tables are small.

-- Rows of one deal repeated: for a second contact, or copied. Lines of invoices and rows without an order id are never merged.
CREATE OR REPLACE TEMP TABLE repeated AS
WITH places AS (SELECT place_key FROM typed WHERE place_key IS NOT NULL GROUP BY place_key HAVING count(*) > 1),
candidates AS (
    SELECT t.row_no, t.order_ref, t.is_line, t.place_key, t.local_moment, t.row_amount, t.title, t.face, t.entity_id, t.fingerprint
    FROM typed t SEMI JOIN places USING (place_key)
)
SELECT
    row_no,
    CASE
        WHEN row_number() OVER (PARTITION BY order_ref, is_line, place_key, fingerprint ORDER BY row_no) > 1 THEN 'duplicate_row'
        WHEN row_amount IS NOT DISTINCT FROM first_value(row_amount) OVER place
            AND local_moment IS NOT DISTINCT FROM first_value(local_moment) OVER place THEN 'repeated_for_contact'
        ELSE 'order_conflict'
    END AS code
FROM candidates
WINDOW place AS (
    PARTITION BY order_ref, is_line, place_key ORDER BY local_moment DESC NULLS LAST, row_amount DESC NULLS LAST, title, face,
        length(entity_id), entity_id, row_no)
QUALIFY row_number() OVER place > 1;

-- An invoice number shared by two customers is two orders.
CREATE OR REPLACE TEMP TABLE shared_refs AS
SELECT order_ref FROM typed
WHERE $line_layout AND reason IS NULL AND order_ref IS NOT NULL
GROUP BY order_ref HAVING min(entity_id) <> max(entity_id);

-- Rows without an order id are orders of their own. Equal ones are numbered by all their cells, so that the order of rows does not matter;
-- the first keeps the plain id, so that a later file with one more of them does not rename it.
CREATE OR REPLACE TEMP TABLE equals AS
WITH keys AS (SELECT equal_key FROM typed WHERE equal_key IS NOT NULL GROUP BY equal_key HAVING count(*) > 1)
SELECT t.row_no, row_number() OVER (PARTITION BY t.own_order_id ORDER BY t.fingerprint, t.row_no) AS place
FROM typed t SEMI JOIN keys USING (equal_key);

CREATE OR REPLACE TEMP VIEW used AS
SELECT
    t.*,
    CASE WHEN s.order_ref IS NOT NULL THEN t.order_ref || '/' || t.entity_id
        WHEN e.place > 1 THEN t.own_order_id || '-' || e.place
        ELSE t.own_order_id END AS order_id,
    e.row_no IS NOT NULL AS has_equal
FROM typed t
LEFT JOIN shared_refs s ON s.order_ref = t.order_ref
LEFT JOIN equals e ON e.row_no = t.row_no
ANTI JOIN repeated r ON r.row_no = t.row_no
WHERE t.reason IS NULL
