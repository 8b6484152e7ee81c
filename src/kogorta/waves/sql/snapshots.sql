-- What the members of each segment did next, on a past day: the baseline of every forecast. One pass over the day ledger.
SELECT
    segment,
    count(*) AS members,
    count(*) FILTER (bought) AS bought,
    count(*) FILTER (bought_in_two) AS bought_in_two
FROM ({segments}) AS placed
GROUP BY segment
