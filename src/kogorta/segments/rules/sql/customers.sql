-- One row per customer with every field a rule may name; a blank text is a missing one.
WITH known AS (
    SELECT
        customer_id,
        p.kind, nullif(trim(p.name), '') AS name,
        CASE
            WHEN lower(trim(c.gender)) IN ('f', 'female', 'woman', 'ж', 'жен', 'жен.', 'женский', 'женщина') THEN 'female'
            WHEN lower(trim(c.gender)) IN ('m', 'male', 'man', 'м', 'муж', 'муж.', 'мужской', 'мужчина') THEN 'male'
        END AS gender,
        c.birth_on, c.education, c.income_band AS income, c.city, p.region, c.country, p.time_zone, c.role, p.industry, c.okved, p.inn,
        c.source, c.manager_id AS manager, p.email, p.phone,
        CAST(timezone($zone, c.created_at) AS DATE) AS created_on,
        p.first_order_on, p.last_order_on, p.frequency, p.monetary, p.average_check,
        p.r, p.f, p.m, p.rfm_code, p.segment_case, p.segment_guide, coalesce(p.abc, 'none') AS abc, p.xyz, p.lifecycle,
        CASE WHEN NOT isnan(p.p_alive) THEN p.p_alive END AS p_alive,
        CASE WHEN NOT isnan(p.expected_orders_90d) THEN p.expected_orders_90d END AS expected_orders_90d,
        CASE WHEN NOT isnan(p.clv) THEN p.clv END AS clv,
        CASE WHEN NOT isnan(p.clv_low) THEN p.clv_low END AS clv_low,
        CASE WHEN NOT isnan(p.clv_high) THEN p.clv_high END AS clv_high,
        s.sleeping_after
    FROM {profile} p
    JOIN customers c USING (customer_id)
    LEFT JOIN {stages} s USING (customer_id)
)
SELECT row_number() OVER (ORDER BY customer_id) - 1 AS customer_no, *, {keys}
FROM known
ORDER BY customer_no
