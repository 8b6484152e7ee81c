-- Who entered and who left which segment between two lists of members. Twice the same member on a list is one member.
SELECT customer_id, segment, 'entered' AS way
FROM (SELECT customer_id, segment FROM {after} EXCEPT SELECT customer_id, segment FROM {before}) AS came
UNION ALL
SELECT customer_id, segment, 'left' AS way
FROM (SELECT customer_id, segment FROM {before} EXCEPT SELECT customer_id, segment FROM {after}) AS gone
