-- Money each customer stands for over the horizon. Pace = orders a day while he was buying, smoothed by half an order over the base's own
-- median interval, so that one purchase is no rhythm yet; never more than one order a week.
WITH paced AS (
    SELECT
        s.*,
        s.monetary / s.frequency AS check_size,
        least((s.frequency - 0.5) / (date_diff('day', s.first_order_on, s.last_order_on) + u.gap), 1.0 / 7) * $horizon AS usual_orders
    FROM {segments} s CROSS JOIN {usual} u
)
SELECT
    p.customer_id, p.segment_{scheme} AS segment, p.check_size, p.usual_orders,
    greatest(CASE m.motive
        WHEN 'win_back' THEN p.usual_orders - coalesce(e.expected_orders, m.baseline_rate)
        WHEN 'grow' THEN m.repeat_share - coalesce(e.expected_orders, m.baseline_rate)
        ELSE p.usual_orders * m.loss_rate
    END, 0) * greatest(p.check_size, 0) AS at_stake
FROM paced p
JOIN motives m ON m.segment = p.segment_{scheme}
-- what the customer is expected to order without action: of a model that passed its gate, else the measured rate of the segment
LEFT JOIN {expected} e ON e.customer_id = p.customer_id
