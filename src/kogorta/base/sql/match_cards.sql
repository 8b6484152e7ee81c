-- One row a card to compare. Lists are NULL where empty, so that an empty one is «not known» and never «different».
CREATE OR REPLACE TEMP TABLE {table} AS
WITH owners AS ({owners}),
reached AS (
    SELECT entity_id, kind, key FROM entity_keys
    UNION
    SELECT entity_id, 'email', unnest(string_split(email, ',')) FROM entity_contacts WHERE email IS NOT NULL
    UNION
    SELECT entity_id, 'phone', unnest(string_split(phone, ',')) FROM entity_contacts WHERE phone IS NOT NULL
),
split AS (
    SELECT o.card_id, r.kind, r.key,
        regexp_replace(split_part(split_part(r.key, '@', 1), '+', 1), '[^[:alnum:]]', '', 'g') AS local,
        split_part(r.key, '@', 2) AS domain
    FROM reached r JOIN owners o USING (entity_id)
    WHERE r.key <> ''
),
reach AS (
    SELECT card_id,
        list_sort(list(DISTINCT key) FILTER (kind = 'phone')) AS phones,
        list_sort(list(DISTINCT right(key, 7)) FILTER (kind = 'phone')) AS phone_tails,
        list_sort(list(DISTINCT key) FILTER (kind = 'email')) AS emails,
        list_sort(list(DISTINCT local) FILTER (kind = 'email' AND length(local) >= 4 AND NOT regexp_matches(local,
            '^(info|sales|office|zakaz|order|mail|admin|buh.*|contact.*|support|hello|manager|shop|client.*|noreply|post|test|director|reception|secretar.*)[0-9]*$')))
            AS email_locals,
        list_sort(list(DISTINCT domain) FILTER (kind = 'email' AND NOT regexp_matches(domain,
            '^((mail|inbox|list|bk|internet|rambler|lenta|ro|ya|yandex|narod|vk)\.ru|(gmail|yandex|yahoo|hotmail|outlook|icloud|live|me|googlemail|proton|protonmail|msn|aol)\.com|ya\.ru|yandex\..*|ukr\.net|tut\.by|mail\..*|proton\.me|example\.(com|org|net|ru))$')))
            AS email_domains
    FROM split GROUP BY card_id
),
people AS (
    SELECT o.card_id, list_sort(list(DISTINCT p.surname || ' ' || coalesce(p.first_initial, '')) FILTER (p.surname IS NOT NULL)) AS people
    FROM entity_contacts c JOIN owners o USING (entity_id) JOIN match_people p ON p.name = c.name
    GROUP BY o.card_id
)
SELECT
    s.{key} AS unique_id, s.kind, p.surname, p.first, string_split(p.firsts, '|') AS firsts, p.first_initial, p.middle, p.middle_initial,
    w.words AS company, string_split(w.words, ' ') AS company_words,
    r.phones, r.phones[1] AS phone, r.phone_tails, r.phone_tails[1] AS phone_tail,
    r.emails, r.emails[1] AS email, r.email_locals, r.email_locals[1] AS email_local,
    -- a box that is nothing but the name says nothing beside the name: a namesake has it at another provider
    CASE WHEN s.kind = 'company' OR regexp_matches(r.email_locals[1], '[0-9]{2}') OR NOT contains(b.heard, coalesce(p.surname, '?'))
        THEN r.email_locals[1] END AS email_own,
    regexp_replace(r.email_locals[1], '[^0-9]', '', 'g') AS email_digits,
    r.email_domains, r.email_domains[1] AS email_domain,
    CASE WHEN s.kind = 'company' THEN q.people END AS people, CAST(s.birth_on AS VARCHAR) AS birth_on, s.inn, s.kpp, c.city
FROM {source} s
LEFT JOIN match_people p ON p.name = s.name AND s.kind = 'person'
LEFT JOIN match_companies w ON w.name = s.name AND s.kind = 'company'
LEFT JOIN match_cities c ON c.name = s.city
LEFT JOIN reach r ON r.card_id = s.{key}
LEFT JOIN match_boxes b ON b.name = r.email_locals[1]
LEFT JOIN people q ON q.card_id = s.{key}
