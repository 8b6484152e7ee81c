-- Flows between labels: customers, how many of them bought in between, money at both dates.
SELECT
    source, target, count(*) AS customers, sum(CASE WHEN orders_between > 0 THEN 1 ELSE 0 END) AS bought,
    sum(money_before) AS money_before, sum(money_after) AS money_after, sum(year_before) AS year_before, sum(year_after) AS year_after
FROM {placed}
GROUP BY source, target
