-- Under which keys a card may meet another: rows of unique_id, key and how many cards have the key; a key of one card is left out.
WITH mine AS (SELECT * FROM {table} WHERE kind = $kind),
keys AS (
    SELECT unique_id, 'surname ' || surname || ' ' || first_initial AS key FROM mine
    UNION ALL SELECT unique_id, 'surname city ' || surname || ' ' || first || ' ' || city FROM mine
    UNION ALL SELECT unique_id, 'whole ' || surname || ' ' || first || ' ' || middle FROM mine
    UNION ALL SELECT unique_id, 'bones ' || regexp_replace(surname, '[aeiou ]', '', 'g') || ' ' || first FROM mine
    UNION ALL SELECT unique_id, 'swapped ' || least(surname, first) || ' ' || greatest(surname, first) FROM mine
    UNION ALL SELECT unique_id, 'middle ' || first || ' ' || middle || ' ' || city FROM mine
    UNION ALL SELECT unique_id, 'birth ' || birth_on || ' ' || first_initial FROM mine WHERE kind = 'person'
    UNION ALL SELECT unique_id, 'surname birth ' || birth_on || ' ' || surname FROM mine
    UNION ALL SELECT unique_id, 'inn ' || inn FROM mine
    UNION ALL SELECT unique_id, 'phone ' || unnest(phone_tails) FROM mine
    UNION ALL SELECT unique_id, 'email ' || unnest(email_locals) FROM mine
    UNION ALL SELECT unique_id, 'domain ' || unnest(email_domains) FROM mine WHERE kind = 'company'
    UNION ALL SELECT unique_id, 'person ' || unnest(people) FROM mine
    UNION ALL SELECT unique_id, 'company ' || company FROM mine
    UNION ALL SELECT unique_id, 'company city ' || company || ' ' || city FROM mine
    UNION ALL SELECT unique_id, 'bones ' || regexp_replace(company, '[aeiou ]', '', 'g') FROM mine
    UNION ALL SELECT unique_id, 'word ' || unnest(company_words) FROM mine
    UNION ALL SELECT unique_id, 'word city ' || unnest(company_words) || ' ' || city FROM mine
),
counted AS (SELECT key, count(DISTINCT unique_id) AS cards FROM keys WHERE key IS NOT NULL GROUP BY key)
SELECT DISTINCT unique_id, key, cards FROM keys JOIN counted USING (key) WHERE cards > 1 AND $largest > 0
