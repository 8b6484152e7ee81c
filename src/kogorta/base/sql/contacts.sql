-- People of every customer; the one seen last is the first to be written to.
SELECT
    c.contact_id, m.customer_id, max(c.name) AS name, max(c.email) AS email, max(c.phone) AS phone,
    arg_max(c.job_title, (coalesce(c.seen_at, TIMESTAMPTZ '1900-01-01'), c.job_title)) FILTER (c.job_title IS NOT NULL) AS job_title, CAST(NULL AS VARCHAR) AS role,
    row_number() OVER (PARTITION BY m.customer_id ORDER BY max(c.seen_at) DESC, c.contact_id) = 1 AS is_primary
FROM {past}entity_contacts c JOIN {past}identity_map m USING (entity_id)
GROUP BY c.contact_id, m.customer_id
