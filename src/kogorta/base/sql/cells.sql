-- How a number, a moment and a word are read out of a text cell.
-- All macros return NULL for what they cannot read; the caller decides what a NULL means.

-- Text without any white space, with one kind of minus.
CREATE OR REPLACE TEMP MACRO squeezed(cell) AS
    replace(regexp_replace(cell, '[\s\x{00a0}\x{202f}\x{2009}\x{2007}'']', '', 'g'), '−', '-');

-- The part of a squeezed cell that is a number, with its sign or brackets.
CREATE OR REPLACE TEMP MACRO number_part(text) AS
    regexp_extract(text, '[-+(]?\d[\d.,]*(?:[eE][-+]?\d+)?\)?-?', 0);

-- What stands beside the number: a currency word or sign, such as `₽` or `руб`.
CREATE OR REPLACE TEMP MACRO number_word(cell) AS
    CASE WHEN NOT regexp_full_match(cell, '-?[\d.]*') THEN
        nullif(trim(replace(squeezed(cell), number_part(squeezed(cell)), ''), '.|'), '') END;

-- Digits with a decimal point. `comma_groups`: a single comma before three digits groups thousands.
CREATE OR REPLACE TEMP MACRO plain_digits(body, comma_groups) AS
    CASE
        WHEN contains(body, ',') AND contains(body, '.') THEN
            CASE
                WHEN regexp_full_match(body, '\d{1,3}(\.\d{3})+,\d*') THEN replace(replace(body, '.', ''), ',', '.')
                WHEN regexp_full_match(body, '\d{1,3}(,\d{3})+\.\d*') THEN replace(body, ',', '')
            END
        WHEN regexp_full_match(body, '\d+,\d*') THEN
            CASE WHEN comma_groups AND regexp_full_match(body, '[1-9]\d{0,2},\d{3}')
                THEN replace(body, ',', '') ELSE replace(body, ',', '.') END
        WHEN regexp_full_match(body, '\d{1,3}(,\d{3}){2,}') THEN replace(body, ',', '')
        WHEN regexp_full_match(body, '\d{1,3}(\.\d{3}){2,}') THEN replace(body, '.', '')
        WHEN regexp_full_match(body, '\d+\.?\d*') THEN body
    END;

CREATE OR REPLACE TEMP MACRO signed_number(part, comma_groups, exponents) AS
    CASE
        WHEN regexp_full_match(part, '[-+]?\d+([.,]\d+)?[eE][-+]?\d+') THEN
            CASE WHEN exponents THEN TRY_CAST(TRY_CAST(replace(part, ',', '.') AS DOUBLE) AS DECIMAL(24, 4)) END
        WHEN starts_with(part, '(') <> ends_with(part, ')') THEN NULL
        ELSE CASE WHEN contains(part, '-') OR starts_with(part, '(') THEN -1 ELSE 1 END
            * TRY_CAST(plain_digits(regexp_replace(part, '[-+()]', '', 'g'), comma_groups) AS DECIMAL(24, 4))
    END;

-- A number: `12 500,00`, `12500.5`, `1 234,5 ₽`, `(1 200)`, `-5`.
CREATE OR REPLACE TEMP MACRO read_number(cell, comma_groups, exponents) AS
    CASE WHEN regexp_full_match(cell, '-?\d{1,18}(\.\d{1,4})?') THEN CAST(cell AS DECIMAL(24, 4))
        WHEN regexp_full_match(squeezed(cell), '-?\.\d+') THEN TRY_CAST(squeezed(cell) AS DECIMAL(24, 4))
        WHEN regexp_full_match(replace(squeezed(cell), number_part(squeezed(cell)), ''), '[\p{L}\p{Sc}.|]*')
        THEN signed_number(number_part(squeezed(cell)), comma_groups, exponents) END;

-- A moment on the wall clock of `zone`. `month_first` reads 12/31/2011.
CREATE OR REPLACE TEMP MACRO read_moment(cell, month_first, zone) AS
    CASE
        WHEN regexp_full_match(cell, '\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2})?') THEN TRY_CAST(cell AS TIMESTAMP)
        WHEN regexp_full_match(cell, '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[-+]\d{2}(:?\d{2})?)') THEN
            timezone(zone, TRY_CAST(replace(cell, 'T', ' ') AS TIMESTAMPTZ))
        WHEN regexp_full_match(cell, '\d{4}-\d{1,2}-\d{1,2}.*') THEN
            try_strptime(replace(cell, 'T', ' '), ['%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d'])
        WHEN regexp_full_match(cell, '\d{1,2}\.\d{1,2}\.\d{4}.*') THEN
            try_strptime(replace(cell, ',', ''), ['%d.%m.%Y %H:%M:%S', '%d.%m.%Y %H:%M', '%d.%m.%Y'])
        WHEN regexp_full_match(cell, '\d{1,2}\.\d{1,2}\.\d{2}(\s.*)?') THEN
            try_strptime(cell, ['%d.%m.%y %H:%M:%S', '%d.%m.%y %H:%M', '%d.%m.%y'])
        WHEN regexp_full_match(cell, '\d{4}[/.]\d{1,2}[/.]\d{1,2}.*') THEN
            try_strptime(replace(cell, '.', '/'), ['%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y/%m/%d'])
        WHEN regexp_full_match(cell, '\d{1,2}/\d{1,2}/\d{4}.*') AND month_first THEN
            try_strptime(cell, ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y', '%m/%d/%Y %I:%M:%S %p', '%m/%d/%Y %I:%M %p'])
        WHEN regexp_full_match(cell, '\d{1,2}/\d{1,2}/\d{4}.*') THEN
            try_strptime(cell, ['%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M', '%d/%m/%Y'])
        WHEN regexp_full_match(cell, '\d{8}') THEN try_strptime(cell, '%Y%m%d')
        WHEN regexp_full_match(cell, '[2-6]\d{4}(\.\d+)?') THEN
            TIMESTAMP '1899-12-30' + to_milliseconds(CAST(round(CAST(cell AS DOUBLE) * 86400) * 1000 AS BIGINT))
        WHEN regexp_full_match(cell, '1\d{9}') THEN timezone(zone, to_timestamp(CAST(cell AS BIGINT)))
    END;

-- An id as text: Excel and data frames turn 17850 into 17850.0.
CREATE OR REPLACE TEMP MACRO read_id(cell) AS regexp_replace(cell, '^(\d+)\.0+$', '\1');

-- A word that says "empty".
CREATE OR REPLACE TEMP MACRO filled(cell) AS
    CASE WHEN cell >= '0' AND cell < ':' THEN cell WHEN lower(cell) IN ('-', '—', '–', 'null', 'none', 'nan', 'n/a', '#n/a', 'nat', 'не указано', 'не указан', 'нет данных',
        'не закрыта', 'не закрыт') THEN NULL ELSE cell END;

-- Comparable text: lower case, ё as е, single spaces.
CREATE OR REPLACE TEMP MACRO folded(cell) AS
    trim(regexp_replace(replace(lower(cell), 'ё', 'е'), '[\s\x{00a0}]+', ' ', 'g'));
